#include "execution/pipeline_builder.h"

#include <algorithm>
#include <utility>

namespace trivet {

Status PipelineBuilder::BuildRoot(const PhysicalOperator& root, std::shared_ptr<Sink> sink) {
  root_ = &root;
  current_ = Pipeline();
  current_.sink = std::move(sink);
  current_.operators = {kNoOperator};
  current_.operator_names = {""};
  return root.BuildPipelines(*this);
}

// While a pipeline is under construction, `operators` and their names hold the sink's first, then
// the transforms from the sink's end down; SetSource turns it around.
Status PipelineBuilder::AddTransform(const PhysicalOperator& op,
                                     std::shared_ptr<Transform> transform,
                                     const PhysicalOperator& child) {
  current_.transforms.push_back(std::move(transform));
  current_.operators.push_back(op.id());
  current_.operator_names.push_back(op.name());
  return child.BuildPipelines(*this);
}

size_t PipelineBuilder::BranchOfCurrent() {
  if (!branch_open_) {
    branch_open_ = true;
    current_.branch = branch_counts_[current_.sink.get()]++;
    if (auto tracker = current_.sink->tracker()) tracker->OpenBranch();
  }
  return current_.branch;
}

std::function<std::unique_ptr<MorselTaker>()> PipelineBuilder::MorselTakers() {
  const size_t branch = BranchOfCurrent();
  return [tracker = current_.sink->tracker(), branch] {
    return std::make_unique<MorselTaker>(tracker, branch);
  };
}

void PipelineBuilder::SetSource(const PhysicalOperator& op, std::shared_ptr<Source> source) {
  BranchOfCurrent();
  branch_open_ = false;
  current_.source = std::move(source);
  current_.operators.push_back(op.id());
  current_.operator_names.push_back(op.name());
  std::reverse(current_.operators.begin(), current_.operators.end());
  std::reverse(current_.operator_names.begin(), current_.operator_names.end());
  std::reverse(current_.transforms.begin(), current_.transforms.end());
  pipelines_.push_back(std::move(current_));
  current_ = Pipeline();
}

Status PipelineBuilder::BuildBeside(const PhysicalOperator& op, const PhysicalOperator& child,
                                    std::shared_ptr<Sink> sink) {
  Pipeline saved = std::move(current_);
  const bool saved_branch = std::exchange(branch_open_, false);
  current_ = Pipeline();
  current_.sink = std::move(sink);
  current_.operators = {op.id()};
  current_.operator_names = {op.name()};
  TRIVET_RETURN_IF_ERROR(child.BuildPipelines(*this));
  current_ = std::move(saved);
  branch_open_ = saved_branch;
  return Status::OK();
}

Status PipelineBuilder::BuildInto(const PhysicalOperator& op, const PhysicalOperator& child,
                                  std::shared_ptr<Sink> sink) {
  Pipeline saved = std::move(current_);
  current_ = Pipeline();
  current_.sink = sink;
  current_.operators = {op.id()};
  current_.operator_names = {op.name()};
  TRIVET_RETURN_IF_ERROR(child.BuildPipelines(*this));
  current_ = std::move(saved);
  // All pipelines into that sink (several, for a UNION ALL) must have finished.
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    if (pipelines_[i].sink == sink) {
      current_.dependencies.push_back(i);
      last_built_ = i;
    }
  }
  return Status::OK();
}

void PipelineBuilder::DependOn(size_t pipeline) {
  const std::shared_ptr<Sink>& sink = pipelines_[pipeline].sink;
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    if (pipelines_[i].sink == sink) current_.dependencies.push_back(i);
  }
}

Status PipelineBuilder::BuildBranches(const std::vector<const PhysicalOperator*>& children) {
  const Pipeline shared = current_;
  for (const PhysicalOperator* child : children) {
    current_ = shared;
    TRIVET_RETURN_IF_ERROR(child->BuildPipelines(*this));
  }
  return Status::OK();
}

Status PipelineBuilder::BuildThen(const std::function<Status()>& first,
                                  const std::function<Status()>& second) {
  const Pipeline shared = current_;
  const size_t first_pipeline = pipelines_.size();
  TRIVET_RETURN_IF_ERROR(first());
  current_ = shared;
  for (size_t i = first_pipeline; i < pipelines_.size(); ++i) {
    if (pipelines_[i].sink == shared.sink) current_.dependencies.push_back(i);
  }
  return second();
}

}  // namespace trivet
