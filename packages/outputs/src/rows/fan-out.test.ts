import assert from "node:assert/strict";
import { test } from "node:test";
import { fanOut } from "./fan-out.ts";

async function* count(to: number, onRow: (row: number) => void = () => {}) {
  for (let row = 0; row < to; row++) {
    onRow(row);
    yield row;
  }
}

/** Reads all rows, or so many. */
function reader(seen: number[], most = Infinity) {
  return async (rows: AsyncIterable<number>): Promise<void> => {
    for await (const row of rows) {
      seen.push(row);
      if (seen.length === most) break;
    }
  };
}

test("every reader sees every row, and no row is read before all have done with the one before", async () => {
  const [quick, slow]: number[][] = [[], []];
  const ahead: number[] = [];
  await fanOut(
    count(50, (row) => ahead.push(row - slow!.length)),
    [
      reader(quick!),
      async (rows) => {
        for await (const row of rows) {
          await new Promise((resolve) => setImmediate(resolve));
          slow!.push(row);
        }
      },
    ],
  );
  assert.deepEqual(quick, slow);
  assert.equal(slow!.length, 50);
  assert.ok(Math.max(...ahead) <= 1, `rows were read ${Math.max(...ahead)} ahead`);
});

test("without a reader rows are read all the same, and a reader that has enough leaves", async () => {
  let read = 0;
  const few: number[] = [];
  const all: number[] = [];
  await fanOut(
    count(3, () => read++),
    [],
  );
  assert.equal(read, 3);
  await fanOut(count(5), [reader(few, 2), reader(all)]);
  assert.deepEqual(
    [few, all],
    [
      [0, 1],
      [0, 1, 2, 3, 4],
    ],
  );
});

test("readers fan out what they make of the rows", async () => {
  const [even, odd]: number[][] = [[], []];
  const only = (rest: number) =>
    async function* (rows: AsyncIterable<number>) {
      for await (const row of rows) if (row % 2 === rest) yield row;
    };
  await fanOut(count(6), [
    (rows) => fanOut(only(0)(rows), [reader(even!)]),
    (rows) => fanOut(only(1)(rows), [reader(odd!), reader([])]),
  ]);
  assert.deepEqual(
    [even, odd],
    [
      [0, 2, 4],
      [1, 3, 5],
    ],
  );
});

test("one that fails ends the others with its error; so does the source", async () => {
  const fault = new Error("full");
  const seen: number[] = [];
  let ended = false;
  const failing = fanOut(count(1_000), [
    async (rows) => {
      try {
        await reader(seen)(rows);
      } finally {
        ended = true;
      }
    },
    async (rows) => {
      for await (const row of rows) if (row === 3) throw fault;
    },
  ]);
  await assert.rejects(failing, fault);
  assert.ok(ended && seen.length <= 5, `${seen.length} rows`);
  const broken = async function* () {
    yield 0;
    throw fault;
  };
  await assert.rejects(fanOut(broken(), [reader([])]), fault);
});
