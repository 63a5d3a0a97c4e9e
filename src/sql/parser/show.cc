// DESCRIBE, SUMMARIZE and SHOW: queries over what the system knows.
#include "sql/parser/query_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

QueryResult QueryParser::ParseShow() {
  TRIVET_ENTER_NESTING();
  auto show = Make<ShowTable>();
  const Keyword keyword = cursor_.Peek().keyword;
  cursor_.Advance();
  if (keyword == "summarize"_kw) {
    show->show = ShowKind::kSummarize;
    TRIVET_RETURN_IF_ERROR(ParseShowOperand(*show));
  } else if (keyword == "show"_kw) {
    TRIVET_RETURN_IF_ERROR(ParseShowListing(*show));
  } else if (cursor_.AtStatementEnd() || cursor_.At(Symbol::kRightParenthesis)) {
    show->show = ShowKind::kAllTables;
  } else {
    show->show = ShowKind::kDescribe;
    TRIVET_RETURN_IF_ERROR(ParseShowOperand(*show));
  }
  TRIVET_ASSIGN_OR_RETURN(TableReferencePtr table, FinishTable(std::move(show)));
  return SelectAllFrom(std::move(table));
}

Status QueryParser::ParseShowListing(ShowTable& show) {
  const bool ends = cursor_.AtStatementEnd() || cursor_.At(Symbol::kRightParenthesis);
  if (ends || cursor_.Accept("tables"_kw)) {
    show.show = ShowKind::kTables;
    if (cursor_.Accept("from"_kw)) {
      TRIVET_ASSIGN_OR_RETURN(show.name, ParseQualifiedName());
    }
    return Status::OK();
  }
  if (cursor_.Accept("all"_kw)) {
    show.show = ShowKind::kAllTables;
    return cursor_.Expect("tables"_kw);
  }
  struct Listing {
    std::string_view word;
    ShowKind kind;
  };
  for (const Listing listing :
       {Listing{"databases", ShowKind::kDatabases}, Listing{"schemas", ShowKind::kSchemas},
        Listing{"variables", ShowKind::kVariables}}) {
    const Token& token = cursor_.Peek();
    if (token.kind == TokenKind::kIdentifier &&
        EqualIgnoringCase(cursor_.Text(token), listing.word)) {
      cursor_.Advance();
      show.show = listing.kind;
      return Status::OK();
    }
  }
  show.show = ShowKind::kDescribe;
  return ParseShowOperand(show);
}

// A query, or the name of a table or file.
Status QueryParser::ParseShowOperand(ShowTable& show) {
  if (AtQuery() && !cursor_.At("table"_kw)) {
    TRIVET_ASSIGN_OR_RETURN(show.query, ParseQuery());
    return Status::OK();
  }
  if (cursor_.At(Symbol::kLeftParenthesis)) {
    TRIVET_ASSIGN_OR_RETURN(show.query, ParseParenthesizedQuery());
    return Status::OK();
  }
  cursor_.Accept("table"_kw);
  auto table = Make<NamedTable>();
  if (cursor_.AtString()) {
    table->is_string = true;
    Identifier name{{}, table->position};
    TRIVET_ASSIGN_OR_RETURN(name.text, ParseString());
    table->name.push_back(std::move(name));
  } else {
    TRIVET_ASSIGN_OR_RETURN(table->name, ParseQualifiedName());
  }
  show.name = table->name;
  TRIVET_ASSIGN_OR_RETURN(show.query, SelectAllFrom(std::move(table)));
  return Status::OK();
}

}  // namespace trivet
