// Judges the ledger of a running service by the code of Go's own checksum database
// (golang.org/x/mod/sumdb): its checkpoint, its tiles, its consistency proofs, and proofs of
// entries that were saved to files. Each is also refused with one bit changed.
//
//	judge-ledger URL VKEY PROOF.json…
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: judge-ledger URL VKEY PROOF.json…")
		os.Exit(2)
	}
	if err := judge(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "judge-ledger:", err)
		os.Exit(1)
	}
}

func judge(url, vkey string, proofs []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	checkpoint, err := get(url + "/ledger/checkpoint")
	if err != nil {
		return err
	}
	tree, err := open(checkpoint, verifier)
	if err != nil {
		return err
	}
	for at := range checkpoint {
		if bad, err := open(flipped(checkpoint, at), verifier); err == nil && bad != tree {
			return fmt.Errorf("a checkpoint with a bit of byte %d changed was accepted", at)
		}
	}
	reader := tlog.TileHashReader(tree, &tiles{url: url})
	if err := judgeTree(url, tree, reader); err != nil {
		return err
	}
	for _, file := range proofs {
		if err := judgeProof(file, verifier); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	fmt.Printf("%d records, %d proofs: accepted by golang.org/x/mod/sumdb, and refused with a bit changed.\n",
		tree.N, len(proofs))
	return nil
}

// judgeTree reads every leaf through the tiles, and proves some beginnings of the tree.
func judgeTree(url string, tree tlog.Tree, reader tlog.HashReader) error {
	for n := int64(0); n < tree.N; n += 1 + tree.N/200 {
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return err
		}
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, hashes[0]); err != nil {
			return err
		}
	}
	for from := int64(1); from <= tree.N; from += 1 + tree.N/50 {
		body, err := get(fmt.Sprintf("%s/ledger/consistency?from=%d&to=%d", url, from, tree.N))
		if err != nil {
			return err
		}
		var answer struct{ Proof []string }
		if err := json.Unmarshal(body, &answer); err != nil {
			return err
		}
		proof, err := hashes(answer.Proof)
		if err != nil {
			return err
		}
		old, err := tlog.TreeHash(from, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, from, old); err != nil {
			return fmt.Errorf("consistency from %d: %w", from, err)
		}
		for at := range proof {
			proof[at][0] ^= 1
			if tlog.CheckTree(proof, tree.N, tree.Hash, from, old) == nil {
				return fmt.Errorf("consistency from %d with a bit changed was accepted", from)
			}
			proof[at][0] ^= 1
		}
	}
	// A tile with a bit changed is not the tree's.
	broken := tlog.TileHashReader(tree, &tiles{url: url, flip: true})
	if _, err := broken.ReadHashes([]int64{tlog.StoredHashIndex(0, 0)}); err == nil && tree.N > 1 {
		return errors.New("a tile with a bit changed was accepted")
	}
	return nil
}

func judgeProof(file string, verifier note.Verifier) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var proof struct {
		Position   int64
		Leaf       string
		Inclusion  []string
		Checkpoint string
	}
	if err := json.Unmarshal(text, &proof); err != nil {
		return err
	}
	tree, err := open([]byte(proof.Checkpoint), verifier)
	if err != nil {
		return err
	}
	path, err := hashes(proof.Inclusion)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash([]byte(proof.Leaf))
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, proof.Position, leaf); err != nil {
		return err
	}
	for at := range path {
		path[at][31] ^= 128
		if tlog.CheckRecord(path, tree.N, tree.Hash, proof.Position, leaf) == nil {
			return errors.New("an audit path with a bit changed was accepted")
		}
		path[at][31] ^= 128
	}
	other := tlog.RecordHash(flipped([]byte(proof.Leaf), len(proof.Leaf)/2))
	if tlog.CheckRecord(path, tree.N, tree.Hash, proof.Position, other) == nil {
		return errors.New("a leaf with a bit changed was accepted")
	}
	return nil
}

// open verifies a checkpoint and reads size and root from it.
func open(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func hashes(texts []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

func flipped(bytes []byte, at int) []byte {
	other := append([]byte(nil), bytes...)
	other[at] ^= 1
	return other
}

// tiles reads tiles by the paths of C2SP tlog-tiles.
type tiles struct {
	url  string
	flip bool
}

func (t *tiles) Height() int { return 8 }

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		n, path := tile.N, ""
		for first := true; first || n > 0; first = false {
			x := "x"
			if first {
				x = ""
			}
			path = fmt.Sprintf("/%s%03d", x, n%1000) + path
			n /= 1000
		}
		if tile.W < 256 {
			path += fmt.Sprintf(".p/%d", tile.W)
		}
		body, err := get(fmt.Sprintf("%s/ledger/tile/%d%s", t.url, tile.L, path))
		if err != nil {
			return nil, err
		}
		if t.flip {
			body = flipped(body, 0)
		}
		found = append(found, body)
	}
	return found, nil
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, answer.Status, body)
	}
	return body, err
}

