import { equal } from "node:assert/strict";
import { z } from "zod";
import { describeIssue } from "./describe_issue.ts";

const schema = z.object({
  name: z.string().min(1).max(5),
  versions: z.array(z.union([z.string(), z.number()])).max(2),
  extent: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(
    z.int().min(-1).max(9),
  ),
  flag: z.boolean(),
  inner: z.object({ rank: z.number() }),
  date: z.date(),
  word: z.literal("a"),
}).partial();

Deno.test("describeIssue() names the place, what is there and what has to be", () => {
  const cases: [unknown, string][] = [
    [null, "it is null, and has to be an object"],
    [[], "it is a list, and has to be an object"],
    ["x", 'it is the text "x", and has to be an object'],
    [{ name: 5 }, "name is 5, and has to be a text"],
    [{ name: {} }, "name is an object, and has to be a text"],
    [{ name: "" }, "name is an empty text"],
    [{ name: "abcdef" }, "name has more than 5 characters"],
    [{ versions: {} }, "versions is an object, and has to be a list"],
    [{ versions: ["1", "2", "3"] }, "versions has more than 2 items"],
    [{ versions: ["1", true] }, "versions[1] is true, and has to be a text or a number"],
    [{ extent: -2 }, "extent is -2, the least allowed is -1"],
    [{ extent: 10 }, "extent is 10, the most allowed is 9"],
    [{ extent: 1.5 }, "extent is 1.5, and has to be a whole number"],
    [{ extent: "x" }, 'extent is the text "x", and has to be a number'],
    [{ flag: 1 }, "flag is 1, and has to be true or false"],
    [{ inner: {} }, "inner.rank is missing"],
    [{ inner: { rank: null } }, "inner.rank is null, and has to be a number"],
    [{ inner: null }, "inner is null, and has to be an object"],
    [{ date: 5 }, "date is 5, and has to be date"],
    [{ word: "b" }, 'word is the text "b", which cannot be used'],
    [{ flag: "x".repeat(40) }, `flag is the text "${"x".repeat(40)}", and has to be true or false`],
    [
      { flag: "x".repeat(41) },
      `flag is the text "${"x".repeat(40)}…", and has to be true or false`,
    ],
  ];
  for (const [answer, sentence] of cases) {
    equal(describeIssue(schema.safeParse(answer).error!, answer), sentence);
  }
  equal(describeIssue(new z.ZodError([]), {}), "it is of another form");
  const beyond = schema.superRefine((_, context) => {
    context.addIssue({ code: "custom", path: ["inner", "shape", 0] });
  });
  equal(describeIssue(beyond.safeParse({}).error!, {}), "inner.shape[0] is missing");
});
