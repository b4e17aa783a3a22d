// Judges the ledger of a running service by the code of Go's own checksum database
// (golang.org/x/mod/sumdb): its checkpoints, tiles, leaves and proofs. Each of them is also refused
// with one bit changed. See scripts/judge-ledger.
//
//	judge-ledger URL FOLDER
//
// The folder has the verifier key in key, checkpoints that were kept in *.checkpoint, and proofs in
// both forms: NAME.json and NAME.tlog-proof. DAYBOOK_JUDGE_TOKEN is a token that may read the leaves.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: judge-ledger URL FOLDER")
		os.Exit(2)
	}
	if err := judge(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "judge-ledger:", err)
		os.Exit(1)
	}
}

func judge(url, folder string) error {
	log := &ledger{url: url, token: os.Getenv("DAYBOOK_JUDGE_TOKEN"), read: map[string][]byte{}}
	key, err := os.ReadFile(filepath.Join(folder, "key"))
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return err
	}
	present, err := log.get("/checkpoint", "text/plain; charset=utf-8")
	if err != nil {
		return err
	}
	tree, err := judgeCheckpoint(present, verifier)
	if err != nil {
		return fmt.Errorf("the present checkpoint: %w", err)
	}
	// Two full tiles, the one above them, and a partial one.
	if tree.N < 2<<tileHeight {
		return fmt.Errorf("%d records are too few to judge by", tree.N)
	}
	if err := judgeTiles(log, tree); err != nil {
		return err
	}
	fmt.Printf("checkpoint of %d records and %d tiles: accepted\n",
		tree.N, len(tlog.NewTiles(tileHeight, 0, tree.N)))
	kept, err := keptTrees(folder, verifier)
	if err != nil {
		return err
	}
	if err := judgeGrowth(log, tree, kept); err != nil {
		return err
	}
	leaves, err := judgeLeaves(log, tree)
	if err != nil {
		return err
	}
	if err := judgeProofs(folder, verifier, leaves); err != nil {
		return err
	}
	fmt.Println("each of them with one bit changed: refused")
	return nil
}

// judgeCheckpoint opens a checkpoint, and tries it with each single bit changed.
func judgeCheckpoint(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return tree, err
	}
	return tree, refusesEachBit(checkpoint, func() bool {
		// The last bits of a signature's base64 say nothing, and lines of others are not looked at.
		// So what counts is that no other tree is believed.
		other, err := openCheckpoint(checkpoint, verifier)
		return err == nil && other != tree
	})
}

// openCheckpoint verifies a checkpoint (C2SP tlog-checkpoint), and reads size and root from it.
func openCheckpoint(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("%q is not a size", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// keptTrees opens the checkpoints that were kept while the ledger grew.
func keptTrees(folder string, verifier note.Verifier) ([]tlog.Tree, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.checkpoint"))
	if err == nil && len(files) == 0 {
		err = errors.New("no checkpoint was kept")
	}
	if err != nil {
		return nil, err
	}
	var trees []tlog.Tree
	for _, file := range files {
		checkpoint, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		tree, err := judgeCheckpoint(checkpoint, verifier)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		trees = append(trees, tree)
	}
	return trees, nil
}

// refusesEachBit asks with each single bit of the bytes changed whether that is accepted.
func refusesEachBit(bytes []byte, accepts func() bool) error {
	for bit := range len(bytes) * 8 {
		bytes[bit/8] ^= 1 << (bit % 8)
		accepted := accepts()
		bytes[bit/8] ^= 1 << (bit % 8)
		if accepted {
			return fmt.Errorf("it was accepted with bit %d of byte %d changed", bit%8, bit/8)
		}
	}
	return nil
}
