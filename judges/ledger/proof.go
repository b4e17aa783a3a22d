package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proof is what both forms of a proof have. What they disclose of an entry is not Go's to judge: the
// Python verifier of docs/ledger.md does.
type proof struct {
	Position   int64
	Leaf       string
	Inclusion  []string
	Checkpoint string
}

// parseProof reads either form.
func parseProof(text []byte) (proof, error) {
	if bytes.HasPrefix(text, []byte("{")) {
		var found proof
		return found, json.Unmarshal(text, &found)
	}
	return parseText(string(text))
}

// parseText reads a proof file (C2SP tlog-proof). How a leaf comes from its extra data is the
// application's: they are JSON, and have it.
func parseText(text string) (proof, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return proof{}, errors.New("not a proof file")
	}
	extra, isExtra := strings.CutPrefix(lines[1], "extra ")
	index, isIndex := strings.CutPrefix(lines[2], "index ")
	position, err := strconv.ParseInt(index, 10, 64)
	if !isExtra || !isIndex || err != nil || strconv.FormatInt(position, 10) != index {
		return proof{}, errors.New("a proof file without its extra data or index")
	}
	data, err := base64.StdEncoding.DecodeString(extra)
	if err != nil {
		return proof{}, err
	}
	var leaf struct{ Leaf string }
	if err := json.Unmarshal(data, &leaf); err != nil {
		return proof{}, err
	}
	return proof{position, leaf.Leaf, lines[3:], checkpoint}, nil
}

// check verifies a proof by the verifier key alone.
func (p proof) check(verifier note.Verifier) error {
	tree, err := openCheckpoint([]byte(p.Checkpoint), verifier)
	if err != nil {
		return err
	}
	path, err := parseHashes(p.Inclusion)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, tree.N, tree.Hash, p.Position, tlog.RecordHash([]byte(p.Leaf)))
}

// judgeProofs checks the proofs in a folder, each in both forms.
func judgeProofs(folder string, verifier note.Verifier, leaves [][]byte) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err == nil && len(files) == 0 {
		err = errors.New("there are no proofs")
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		one, err := judgeProof(file, verifier)
		if err != nil {
			return err
		}
		other, err := judgeProof(strings.TrimSuffix(file, "json")+"tlog-proof", verifier)
		if err != nil {
			return err
		}
		if one.Leaf != other.Leaf || one.Position != other.Position {
			return fmt.Errorf("%s and its text form prove different things", file)
		}
		if one.Position >= int64(len(leaves)) || one.Leaf != string(leaves[one.Position]) {
			return fmt.Errorf("%s has another leaf than the bundle", file)
		}
	}
	fmt.Printf("%d inclusion proofs in both forms: accepted\n", len(files))
	return nil
}

func judgeProof(file string, verifier note.Verifier) (proof, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return proof{}, err
	}
	found, err := parseProof(text)
	if err == nil {
		err = found.check(verifier)
	}
	if err == nil {
		err = refusesChanges(found, text, verifier)
	}
	if err != nil {
		return proof{}, fmt.Errorf("%s: %w", file, err)
	}
	return found, nil
}

// refusesChanges tries a proof with each single bit of its leaf and hashes changed, then its file with
// a bit of each byte changed.
func refusesChanges(honest proof, text []byte, verifier note.Verifier) error {
	tree, err := openCheckpoint([]byte(honest.Checkpoint), verifier)
	if err != nil {
		return err
	}
	path, err := parseHashes(honest.Inclusion)
	if err != nil {
		return err
	}
	leaf := []byte(honest.Leaf)
	accepts := func() bool {
		return tlog.CheckRecord(path, tree.N, tree.Hash, honest.Position, tlog.RecordHash(leaf)) == nil
	}
	if err := refusesEachBit(leaf, accepts); err != nil {
		return fmt.Errorf("its leaf: %w", err)
	}
	for at := range path {
		if err := refusesEachBit(path[at][:], accepts); err != nil {
			return fmt.Errorf("its hash %d: %w", at, err)
		}
	}
	if err := refusesEachBit(tree.Hash[:], accepts); err != nil {
		return fmt.Errorf("its root: %w", err)
	}
	for at := range text {
		changed := slices.Clone(text)
		changed[at] ^= 1 << (at % 8)
		// What the form does not need may change, and what is proven may not.
		other, err := parseProof(changed)
		if err == nil && other.check(verifier) == nil &&
			(other.Position != honest.Position || other.Leaf != honest.Leaf) {
			return fmt.Errorf("with byte %d changed, it proves something else", at)
		}
	}
	return nil
}
