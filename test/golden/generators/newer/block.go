package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/common/promslog"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"
)

type madeSeries struct {
	labels labels.Labels
	chunks []chunks.Meta
}

// Puts samples into chunks of this encoding; histograms begin another where Prometheus does.
func toChunks(enc chunkenc.Encoding, samples []sample) []chunks.Meta {
	var made []chunks.Meta
	begin := func(t int64) (chunkenc.Chunk, chunkenc.Appender) {
		c, err := chunkenc.NewEmptyChunk(enc)
		check(err)
		app, err := c.Appender()
		check(err)
		made = append(made, chunks.Meta{Chunk: c, MinTime: t})
		return c, app
	}
	var app chunkenc.Appender
	for i, s := range samples {
		if i == 0 {
			_, app = begin(s.t)
		}
		last := &made[len(made)-1]
		var next chunkenc.Chunk
		var recoded bool
		var err error
		switch {
		case s.h != nil:
			next, recoded, app, err = app.AppendHistogram(nil, s.st, s.t, s.h, false)
		case s.fh != nil:
			next, recoded, app, err = app.AppendFloatHistogram(nil, s.st, s.t, s.fh, false)
		default:
			app.Append(s.st, s.t, s.v)
		}
		check(err)
		if next != nil && recoded {
			last.Chunk = next
		} else if next != nil {
			made = append(made, chunks.Meta{Chunk: next, MinTime: s.t})
			last = &made[len(made)-1]
		}
		last.MaxTime = s.t
	}
	return made
}

func writeBlock(dir string) {
	r := rand.New(rand.NewSource(4))
	var all []madeSeries
	add := func(enc chunkenc.Encoding, kind string, samples []sample) {
		all = append(all, madeSeries{
			labels: labels.FromStrings("__name__", kind, "encoding", fmt.Sprint(byte(enc))),
			chunks: toChunks(enc, samples),
		})
	}
	none := startPatterns["none"]
	for name, start := range startPatterns {
		add(chunkenc.EncXOR2, "float_start_"+name, floats(steadyTimes(140, 15000), start, counter))
		add(chunkenc.EncHistogramST, "int_start_"+name, histograms(steadyTimes(140, 15000), start, "", false))
		add(chunkenc.EncFloatHistogramST, "fh_start_"+name, histograms(steadyTimes(140, 15000), start, "", true))
	}
	for _, enc := range []chunkenc.Encoding{chunkenc.EncXOR, chunkenc.EncXOR2} {
		add(enc, "awkward", floats(steadyTimes(130, 15000), none, awkward))
		add(enc, "awkward_jumping", floats(jumpingTimes(90), startPatterns["flickers"], awkward))
		add(enc, "constant", floats(steadyTimes(240, 60000), startPatterns["constant"], constant))
		add(enc, "stale_runs", floats(jitteringTimes(120, r), none, staleRun))
		add(enc, "first_stale", floats(steadyTimes(12, 1), none, firstGone))
		add(enc, "one", floats(steadyTimes(1, 1), startPatterns["constant"], awkward))
		add(enc, "two", floats(steadyTimes(2, 1), startPatterns["second"], staleRun))
		add(enc, "negative_times", floats([]int64{-1e15, -5, 0, 7, 1e15}, none, counter))
		add(enc, "random", floats(jitteringTimes(300, r), startPatterns["resets"], func(int) float64 {
			return float64FromBits(r.Uint64())
		}))
		add(enc, "narrow", floats(jitteringTimes(300, r), none, func(i int) float64 {
			return float64FromBits(0x4059000000000000 ^ uint64(r.Intn(16))<<uint(r.Intn(50)))
		}))
	}
	for _, shape := range []string{"negative", "growing", "custom", "coarser", "gauge", "resets", "large", "empty", "stale", "firststale", "awkwardsum"} {
		times := jitteringTimes(130, r)
		if shape != "awkwardsum" {
			add(chunkenc.EncHistogram, "int_"+shape, histograms(times[:60], none, shape, false))
			add(chunkenc.EncHistogramST, "int_"+shape, histograms(times, startPatterns["late"], shape, false))
		}
		add(chunkenc.EncFloatHistogram, "fh_"+shape, histograms(times[:60], none, shape, true))
		add(chunkenc.EncFloatHistogramST, "fh_"+shape, histograms(times, startPatterns["flickers"], shape, true))
	}
	add(chunkenc.EncHistogramST, "int_jumping", histograms(jumpingTimes(90), startPatterns["delta"], "", false))
	add(chunkenc.EncFloatHistogramST, "fh_jumping", histograms(jumpingTimes(90), startPatterns["delta"], "", true))
	all = append(all, mixedSeries())
	writeSeries(dir, all)
}

// One series whose chunks have all six encodings, one behind the other.
func mixedSeries() madeSeries {
	mixed := madeSeries{labels: labels.FromStrings("__name__", "mixed")}
	for enc := chunkenc.EncXOR; enc <= chunkenc.EncFloatHistogramST; enc++ {
		times := steadyTimes(20, 15000)
		for i := range times {
			times[i] += int64(enc) * 300000
		}
		start := startPatterns["delta"]
		switch enc {
		case chunkenc.EncXOR, chunkenc.EncXOR2:
			mixed.chunks = append(mixed.chunks, toChunks(enc, floats(times, start, counter))...)
		case chunkenc.EncHistogram, chunkenc.EncHistogramST:
			mixed.chunks = append(mixed.chunks, toChunks(enc, histograms(times, start, "", false))...)
		default:
			mixed.chunks = append(mixed.chunks, toChunks(enc, histograms(times, start, "", true))...)
		}
	}
	return mixed
}

func writeSeries(dir string, all []madeSeries) {
	sort.Slice(all, func(i, j int) bool { return labels.Compare(all[i].labels, all[j].labels) < 0 })
	check(os.MkdirAll(dir, 0o777))
	cw, err := chunks.NewWriter(filepath.Join(dir, "chunks"))
	check(err)
	iw, err := index.NewWriter(context.Background(), filepath.Join(dir, "index"))
	check(err)
	symbols := map[string]bool{}
	for _, s := range all {
		s.labels.Range(func(l labels.Label) { symbols[l.Name], symbols[l.Value] = true, true })
	}
	var sorted []string
	for s := range symbols {
		sorted = append(sorted, s)
	}
	sort.Strings(sorted)
	for _, s := range sorted {
		check(iw.AddSymbol(s))
	}
	meta := tsdb.BlockMeta{ULID: ulid.MustParse(filepath.Base(dir)), Version: 1}
	meta.MinTime, meta.MaxTime = all[0].chunks[0].MinTime, all[0].chunks[0].MaxTime
	meta.Compaction.Level = 1
	meta.Compaction.Sources = []ulid.ULID{meta.ULID}
	for i, s := range all {
		check(cw.WriteChunks(s.chunks...))
		check(iw.AddSeries(storage.SeriesRef(i), s.labels, s.chunks...))
		meta.Stats.NumSeries++
		for _, c := range s.chunks {
			n := uint64(c.Chunk.NumSamples())
			meta.Stats.NumChunks++
			meta.Stats.NumSamples += n
			switch c.Chunk.Encoding() {
			case chunkenc.EncXOR, chunkenc.EncXOR2:
				meta.Stats.NumFloatSamples += n
			default:
				meta.Stats.NumHistogramSamples += n
			}
			meta.MinTime = min(meta.MinTime, c.MinTime)
			meta.MaxTime = max(meta.MaxTime, c.MaxTime+1)
		}
	}
	check(cw.Close())
	check(iw.Close())
	_, err = tombstones.WriteFile(promslog.NewNopLogger(), dir, tombstones.NewMemTombstones())
	check(err)
	text, err := json.MarshalIndent(meta, "", "\t")
	check(err)
	check(os.WriteFile(filepath.Join(dir, "meta.json"), text, 0o666))
}
