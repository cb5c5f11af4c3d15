// Writes merkle.json with OpenZeppelin's own library, the oracle of the Merkle tests.
// In a folder outside the repository:  npm install @openzeppelin/merkle-tree@1.0.8
// then, from there:                    node <this file> > merkle.json
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";

// resolved from the current folder, because a module is otherwise looked up beside its own file
const require = createRequire(join(process.cwd(), "anything.js"));
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const KINDS = {
  settlement: ["address", "uint256", "uint256", "uint256"],
  updates: ["address", "bytes32", "uint256"],
  admission: ["address", "uint256", "uint256"],
};
const COUNTS = [1, 2, 3, 4, 5, 7, 8, 10, 33, 1000];
const PROVED = { 33: [0, 16, 32], 1000: [0, 1, 499, 500, 999] };

// The value in column j of leaf i: sha256 of a text, cut to the type. test_merkle.py derives the same.
const field = (kind, count, i, type, j) => {
  const hex = createHash("sha256").update(`${kind}/${count}/${i}/${j}`).digest("hex");
  if (type === "address") return "0x" + hex.slice(0, 40);
  return type === "bytes32" ? "0x" + hex : BigInt("0x" + hex).toString();
};

const vectors = [];
for (const [kind, types] of Object.entries(KINDS)) {
  for (const count of COUNTS) {
    const values = [...Array(count).keys()].map((i) => types.map((type, j) => field(kind, count, i, type, j)));
    const tree = StandardMerkleTree.of(values, types);
    const indices = PROVED[count] ?? [...Array(count).keys()];
    vectors.push({
      kind,
      types,
      count,
      root: tree.root,
      nodes: count <= 10 ? tree.dump().tree : null,
      proofs: Object.fromEntries(indices.map((i) => [i, tree.getProof(i)])),
    });
  }
}

// Equal values are allowed; each index has its own place.
const twin = ["0x" + "11".repeat(20), "7", "0"];
const twins = StandardMerkleTree.of([twin, ["0x" + "22".repeat(20), "7", "0"], twin, twin], KINDS.admission);
const twinProofs = Object.fromEntries([0, 1, 2, 3].map((i) => [i, twins.getProof(i)]));
const twinsVector = { root: twins.root, nodes: twins.dump().tree, proofs: twinProofs, by_value: twins.getProof(twin) };

process.stdout.write(JSON.stringify({ library: "@openzeppelin/merkle-tree 1.0.8", vectors, twins: twinsVector }, null, 1) + "\n");
