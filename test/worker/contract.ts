/** The contract at /openapi.json, and answers held against it. */
import { type Schema, Validator } from "@cfworker/json-schema";
import { expect } from "vitest";
import { get } from "./receiver.ts";

interface Operation {
  operationId: string;
  security?: object[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface Contract {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export const readContract = async (): Promise<Contract> => (await get("/openapi.json")).json<Contract>();

/** Every status that the contract has of an operation, as `<operation> <status>`. */
export const documentedIn = (contract: Contract): string[] =>
  Object.values(contract.paths).flatMap((path) =>
    Object.values(path).flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => `${operationId} ${status}`),
    ),
  );

/** Holds an answer to what the contract says of that path, method and status; gives its name in `documentedIn`. */
export async function checkAnswer(
  contract: Contract,
  method: string,
  template: string,
  response: Response,
): Promise<string> {
  const { status } = response;
  const operation = contract.paths[template]?.[method] as Operation;
  const documented = operation.responses[String(status)];
  expect(documented).toBeDefined();
  const content = documented?.content ?? {};
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const media = content[type] ?? content["*/*"];
  if (Object.keys(content).length === 0) expect(await response.text()).toBe("");
  else if (/[/+]json$/.test(type)) check(contract, media?.schema as Schema, await response.json());
  else expect(media).toBeDefined();
  return `${operation.operationId} ${status}`;
}

/** Validates against a schema of the contract, whose references are into its components. */
function check(contract: Contract, schema: Schema, value: unknown): void {
  const root = { ...schema, components: contract.components } as unknown as Schema;
  const { valid, errors } = new Validator(root, "2020-12", false).validate(value);
  expect(valid ? [] : errors).toEqual([]);
}
