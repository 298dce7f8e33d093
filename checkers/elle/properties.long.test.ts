import { expect, it } from "vitest";
import { freshSeed } from "../../harness/random.ts";
import { listAgreement } from "./testing/list-agreement.ts";

it.each(["serializable", "snapshot-isolation"] as const)(
  "lists: accused of breaking %s exactly when no order of six transactions explains them, over 5,000 histories",
  (model) => {
    const label = `tiny-${freshSeed()}`;
    const seen = listAgreement(model, { histories: 5000, label });
    console.log(`seed ${label}-${model}: ${seen.holds} hold, ${seen.broken} are broken`);

    expect(seen.disagreements).toEqual([]);
  },
  600_000,
);
