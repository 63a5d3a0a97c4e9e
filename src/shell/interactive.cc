#include "shell/interactive.h"

#include <histedit.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "shell/completion.h"
#include "shell/dot_commands.h"
#include "sql/parser.h"

namespace trivet {

namespace {

constexpr int kHistoryEntries = 1000;

// While it lives, Ctrl-C ends the reading of a line with EINTR instead of ending the program.
class LineInterruptScope {
 public:
  LineInterruptScope() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    sigaction(SIGINT, &action, &previous_);
  }
  ~LineInterruptScope() { sigaction(SIGINT, &previous_, nullptr); }
  LineInterruptScope(const LineInterruptScope&) = delete;
  LineInterruptScope& operator=(const LineInterruptScope&) = delete;

 private:
  struct sigaction previous_;
};

// The line editor with its history, kept in ~/.trivet_history between sessions. libedit's callbacks
// take no context beyond a pointer in the editor.
class LineEditor {
 public:
  explicit LineEditor(StatementLoop& loop) : loop_(loop) {
    std::setlocale(LC_CTYPE, "");
    editor_ = el_init("trivet", stdin, stdout, stderr);
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryEntries);
    history(history_, &event, H_SETUNIQUE, 1);
    if (const char* home = std::getenv("HOME")) {
      path_ = std::string(home) + "/.trivet_history";
      history(history_, &event, H_LOAD, path_.c_str());
    }
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &LineEditor::Prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_SIGNAL, 0);
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_ADDFN, "trivet-complete", "Complete the word", &LineEditor::CompleteWord);
    el_set(editor_, EL_BIND, "^I", "trivet-complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor_, nullptr);  // the user's ~/.editrc
  }
  ~LineEditor() {
    history_end(history_);
    el_end(editor_);
  }
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  // False at the end of input. A line cut off by Ctrl-C comes back empty, with `interrupted` set.
  bool Read(bool continued, std::string& line, bool& interrupted) {
    continued_ = continued;
    interrupted = false;
    int count = 0;
    const LineInterruptScope interrupts;
    errno = 0;
    const char* text = el_gets(editor_, &count);
    if (text == nullptr || count <= 0) {
      interrupted = errno == EINTR;
      return interrupted;
    }
    line.assign(text, static_cast<size_t>(count));
    return true;
  }
  void Remember(const std::string& statement) {
    HistEvent event;
    history(history_, &event, H_ENTER, statement.c_str());
    // At once, so that a session that is killed leaves its history.
    if (!path_.empty()) history(history_, &event, H_SAVE, path_.c_str());
  }

 private:
  static LineEditor* Self(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return static_cast<LineEditor*>(self);
  }
  static const char* Prompt(EditLine* editor) {
    return Self(editor)->continued_ ? "   ...> " : "trivet> ";
  }

  static unsigned char CompleteWord(EditLine* editor, int) {
    const LineInfo* info = el_line(editor);
    const char* begin = info->cursor;
    while (begin > info->buffer && (std::isalnum(static_cast<unsigned char>(begin[-1])) ||
                                    begin[-1] == '_' || begin[-1] == '.')) {
      --begin;
    }
    const std::string word(begin, info->cursor);
    if (word.empty()) return CC_ERROR;
    const std::vector<std::string> candidates = Complete(Self(editor)->loop_.connection(), word);
    if (candidates.empty()) return CC_ERROR;
    std::string completed = CommonPrefix(candidates);
    if (candidates.size() == 1) completed += ' ';
    if (completed.size() > word.size()) {
      el_deletestr(editor, static_cast<int>(word.size()));
      el_insertstr(editor, completed.c_str());
      return CC_REFRESH;
    }
    std::cout << '\n';
    for (const std::string& candidate : candidates) std::cout << candidate << "  ";
    std::cout << std::endl;
    return CC_REDISPLAY;
  }

  StatementLoop& loop_;
  EditLine* editor_;
  History* history_;
  std::string path_;
  bool continued_ = false;
};

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

// The dot command that is meant by a word which other shells know: "exit" is ".exit". Else the
// line.
std::string AsDotCommand(const std::string& line) {
  std::string word = line.substr(line.find_first_not_of(" \t"));
  word.erase(word.find_last_not_of(" \t\r\n;") + 1);
  const bool known = word == "exit" || word == "quit" || word == "help";
  return known ? "." + word : line;
}

}  // namespace

int RunInteractive(StatementLoop& loop) {
  std::cout << "trivet " << kTrivetVersion << "\nEnter \".help\" for help.\n";
  LineEditor editor(loop);
  std::string statement;
  std::string line;
  bool interrupted = false;
  while (editor.Read(!statement.empty(), line, interrupted)) {
    if (interrupted) {
      statement.clear();
      std::cout << std::endl;
      continue;
    }
    if (statement.empty()) {
      if (IsBlank(line)) continue;
      const std::string command = AsDotCommand(line);
      if (command[command.find_first_not_of(" \t")] == '.') {
        editor.Remember(line);
        if (RunDotCommand(loop, command) == DotOutcome::kQuit) return 0;
        continue;
      }
    }
    statement += line;
    if (!EndsStatement(statement)) continue;
    editor.Remember(statement);
    loop.Run(statement);
    statement.clear();
  }
  std::cout << std::endl;
  return 0;
}

}  // namespace trivet
