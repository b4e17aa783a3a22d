package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is what C2SP tlog-tiles says: 256 hashes in a full tile.
const tileHeight = 8

// ledger reads a log as C2SP tlog-tiles serves it. What it has read once it keeps: tiles never change.
type ledger struct {
	url, token string
	read       map[string][]byte
}

// get reads a resource of this type.
func (l *ledger) get(path, kind string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, l.url+"/ledger"+path, nil)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(path, "/tile/entries/") {
		request.Header.Set("Authorization", "Bearer "+l.token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != kind {
		return nil, fmt.Errorf("%s: %s, %s: %.300q", path, answer.Status, answer.Header.Get("Content-Type"), body)
	}
	return body, nil
}

// tile reads a tile of hashes, or a bundle of leaves where the level is "entries".
func (l *ledger) tile(level string, tile tlog.Tile) ([]byte, error) {
	// Go's own path has the height of tiles in it: tile/8/0/x001/234.
	_, rest, _ := strings.Cut(strings.TrimPrefix(tile.Path(), "tile/8/"), "/")
	path := "/tile/" + level + "/" + rest
	if body, found := l.read[path]; found {
		return body, nil
	}
	body, err := l.get(path, "application/octet-stream")
	if err == nil {
		l.read[path] = body
	}
	return body, err
}

// Height and the methods below make a tlog.TileReader.
func (l *ledger) Height() int { return tileHeight }

func (l *ledger) SaveTiles([]tlog.Tile, [][]byte) {}

func (l *ledger) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		body, err := l.tile(fmt.Sprint(tile.L), tile)
		if err != nil {
			return nil, err
		}
		found = append(found, body)
	}
	return found, nil
}

// spoiled reads a log with one bit of one tile changed.
type spoiled struct {
	*ledger
	tile tlog.Tile
	bit  int
}

func (s *spoiled) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found, err := s.ledger.ReadTiles(tiles)
	if at := slices.Index(tiles, s.tile); err == nil && at >= 0 {
		found[at] = slices.Clone(found[at])
		found[at][s.bit/8] ^= 1 << (s.bit % 8)
	}
	return found, err
}

// judgeTiles reads every tile of a tree, and every leaf's hash through them. Each hash of each tile is
// refused with a bit changed.
func judgeTiles(log *ledger, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, log)
	for _, tile := range tlog.NewTiles(tileHeight, 0, tree.N) {
		if _, err := tlog.ReadTileData(tile, reader); err != nil {
			return fmt.Errorf("%s: %w", tile.Path(), err)
		}
		first := tlog.StoredHashIndex(tile.L*tileHeight, tile.N<<tileHeight)
		for hash := range tile.W {
			bit := hash*tlog.HashSize*8 + hash%(tlog.HashSize*8)
			changed := tlog.TileHashReader(tree, &spoiled{log, tile, bit})
			if _, err := changed.ReadHashes([]int64{first}); err == nil {
				return fmt.Errorf("%s was accepted with bit %d changed", tile.Path(), bit)
			}
		}
	}
	for n := range tree.N {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, hashes[0]); err != nil {
			return err
		}
	}
	return nil
}

// judgeGrowth checks that the present tree has grown out of the kept ones, and out of others on the
// way, by the consistency proofs of the service. They are the ones that Go makes from the tiles.
func judgeGrowth(log *ledger, present tlog.Tree, kept []tlog.Tree) error {
	beginnings := slices.Clone(kept)
	reader := tlog.TileHashReader(present, log)
	for size := int64(1); size <= present.N; size += 1 + present.N/50 {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return err
		}
		beginnings = append(beginnings, tlog.Tree{N: size, Hash: root})
	}
	ends := append(slices.Clone(kept), present)
	count := 0
	for _, to := range ends {
		for _, from := range beginnings {
			if from.N > to.N {
				continue
			}
			if err := judgeConsistency(log, from, to); err != nil {
				return fmt.Errorf("consistency from %d to %d: %w", from.N, to.N, err)
			}
			count++
		}
	}
	for _, tree := range kept {
		if tree.N == present.N {
			return errors.New("the ledger has not grown since a checkpoint was kept")
		}
		// The partial tiles of a tree stay, for those who have its checkpoint.
		if err := judgeTiles(log, tree); err != nil {
			return fmt.Errorf("the tree of %d: %w", tree.N, err)
		}
	}
	fmt.Printf("%d consistency proofs, from %d checkpoints that were kept: accepted\n", count, len(kept))
	return nil
}

func judgeConsistency(log *ledger, from, to tlog.Tree) error {
	path := fmt.Sprintf("/consistency?from=%d&to=%d", from.N, to.N)
	body, err := log.get(path, "application/json")
	if err != nil {
		return err
	}
	var answer struct {
		From, To int64
		Proof    []string
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if answer.From != from.N || answer.To != to.N {
		return errors.New("the proof is of other sizes")
	}
	proof, err := parseHashes(answer.Proof)
	if err != nil {
		return err
	}
	accepts := func() bool { return tlog.CheckTree(proof, to.N, to.Hash, from.N, from.Hash) == nil }
	if !accepts() {
		return errors.New("not accepted")
	}
	made, err := tlog.ProveTree(to.N, from.N, tlog.TileHashReader(to, log))
	if err != nil || !slices.Equal(made, proof) {
		return fmt.Errorf("Go makes another proof: %v, %v", made, err)
	}
	for at := range proof {
		if err := refusesEachBit(proof[at][:], accepts); err != nil {
			return err
		}
	}
	// The roots, too.
	if err := refusesEachBit(from.Hash[:], accepts); err != nil {
		return err
	}
	return refusesEachBit(to.Hash[:], accepts)
}

func parseHashes(texts []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// judgeLeaves reads the bundles of leaves, whose hashes are those of the tiles.
func judgeLeaves(log *ledger, tree tlog.Tree) ([][]byte, error) {
	reader := tlog.TileHashReader(tree, log)
	var leaves [][]byte
	bundles := 0
	for _, tile := range tlog.NewTiles(tileHeight, 0, tree.N) {
		if tile.L != 0 {
			continue
		}
		bundle, err := log.tile("entries", tile)
		if err != nil {
			return nil, err
		}
		bundles++
		for range tile.W {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("the bundle of %s breaks off", tile.Path())
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, bundle[2:end:end])
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return nil, fmt.Errorf("the bundle of %s has more leaves than the tile", tile.Path())
		}
	}
	for n, leaf := range leaves {
		hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		if err != nil {
			return nil, err
		}
		if tlog.RecordHash(leaf) != hashes[0] {
			return nil, fmt.Errorf("leaf %d does not have the hash in the tile: %s", n, leaf)
		}
	}
	fmt.Printf("%d leaves in %d bundles: accepted\n", len(leaves), bundles)
	return leaves, nil
}
