/** What the pages say of jobs that are expected, and of what CI says when it is asked, in English. */
export const asking = {
  overdue: "Overdue",
  disputed: "Disputed by CI",
  confirmed: "Confirmed by CI",
  answer: "CI’s own answer",
  answerHint: "CI said this when it was asked. It did not come as a callback.",
  lists: "Jobs to look after",
  overdueLead: "Announced jobs whose callback should have come and has not, the longest due first.",
  noneOverdue: "No job is overdue.",
  title: "Expected callback",
  announced: "Announced",
  due: "Due",
  atCi: "At CI",
  unknownToCi: "CI does not know this job",
  disputedHint:
    "CI was asked about this callback, and does not say the same. Do not trust it before you have looked at the job in CI’s console.",
  askNow: "Ask CI now",
  asked: "CI was asked. This is what is known now.",
  expectedTitle: "This job is expected",
  expectedLead: "It was announced, and no callback has named it yet. This page looks again by itself.",
  overdueTitle: "This job is overdue",
  overdueLeadOfJob: "It was announced, and its callback should have come by now. This page looks again by itself.",
};
