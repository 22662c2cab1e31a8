/** What the pages say of jobs that are expected, and of what CI says when it is asked, in Chinese. */
import type { Texts } from "./en.ts";

export const asking: Texts["asking"] = {
  overdue: "已逾期",
  disputed: "与 CI 不符",
  confirmed: "已由 CI 核实",
  expected: "等待回调",
  answered: "CI 答复",
  answer: "CI 查询结果",
  answerHint: "这是主动向 CI 查询得到的结果，并非回调。",
  lists: "需要关注",
  overdueLead: "已登记、但到期仍未收到回调的任务，逾期最久的在前。",
  noneOverdue: "没有逾期的任务。",
  title: "等待的回调",
  announced: "登记时间",
  due: "到期时间",
  ask: "查询 CI",
  atCi: "CI 查询",
  unknownToCi: "CI 查不到该任务",
  disputedHint: "已向 CI 查询该任务，结果与回调不一致。请先在 CI 控制台核对该任务，再决定是否采信该回调。",
  askNow: "立即查询 CI",
  asked: "已向 CI 查询，以下为最新结果。",
  expectedLead: "该任务已登记，尚未收到回调。本页会自动更新。",
  overdueLeadOfJob: "该任务已登记，但到期仍未收到回调。本页会自动更新。",
};
