/** The description of a job type. */
import type { Place } from "../media.ts";
import type { Random } from "../random.ts";
import type { Tree } from "../tree.ts";

export interface OperationContext extends Place {
  random: Random;
  /** The beginning of the names of files that the job writes. */
  stem: string;
  /** Size of a segmentation. */
  tokens: number;
}

export interface OperationParts {
  /** What the job was asked to do: present in every state. */
  settings: Tree;
  /** The result: absent until the job succeeds. */
  results?: Tree;
}

export interface JobType {
  /** First letter of a JobId. */
  service: "a" | "c" | "d" | "f" | "j" | "s";
  /** Extension of the input object. */
  input: string;
  describe(context: OperationContext): OperationParts;
}

export const template = (random: Random): Tree => ({
  TemplateId: `t${random.hex(32)}`,
  TemplateName: `template_${random.whole(1000, 99_999)}`,
});
