package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/common/promslog"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
)

func float64FromBits(bits uint64) float64 { return math.Float64frombits(bits) }

type chunkDump struct {
	Encoding byte    `json:"encoding"`
	MinTime  int64   `json:"mint"`
	MaxTime  int64   `json:"maxt"`
	Samples  [][]any `json:"samples"`
	Starts   []int64 `json:"starts,omitempty"`
}

type seriesDump struct {
	Chunks []chunkDump       `json:"chunks"`
	Labels map[string]string `json:"labels"`
}

// Every series, chunk and sample of the block, by Prometheus's own readers.
func dumpBlock(dir, to string) {
	block, err := tsdb.OpenBlock(promslog.NewNopLogger(), dir, nil, nil)
	check(err)
	ir, err := block.Index()
	check(err)
	cr, err := block.Chunks()
	check(err)
	name, value := index.AllPostingsKey()
	postings, err := ir.Postings(context.Background(), name, value)
	check(err)
	out, err := os.Create(to)
	check(err)
	w := bufio.NewWriter(out)
	var builder labels.ScratchBuilder
	for postings.Next() {
		var metas []chunks.Meta
		check(ir.Series(postings.At(), &builder, &metas))
		line := seriesDump{Labels: builder.Labels().Map()}
		for _, m := range metas {
			c, _, err := cr.ChunkOrIterable(m)
			check(err)
			line.Chunks = append(line.Chunks, dumpChunk(m, c))
		}
		text, err := json.Marshal(line)
		check(err)
		fmt.Fprintln(w, string(text))
	}
	check(postings.Err())
	check(w.Flush())
	check(out.Close())
	check(ir.Close())
	check(cr.Close())
	check(block.Close())
}

func dumpChunk(m chunks.Meta, c chunkenc.Chunk) chunkDump {
	dump := chunkDump{Encoding: byte(c.Encoding()), MinTime: m.MinTime, MaxTime: m.MaxTime}
	it := c.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		switch kind {
		case chunkenc.ValFloat:
			t, v := it.At()
			dump.Samples = append(dump.Samples, []any{t, floatText(v)})
		case chunkenc.ValHistogram:
			t, h := it.AtHistogram(nil)
			dump.Samples = append(dump.Samples, intSample(t, h))
		case chunkenc.ValFloatHistogram:
			t, h := it.AtFloatHistogram(nil)
			dump.Samples = append(dump.Samples, floatHistogramSample(t, h))
		}
		if c.Encoding() > chunkenc.EncFloatHistogram {
			dump.Starts = append(dump.Starts, it.AtST())
		}
	}
	check(it.Err())
	return dump
}

func floatText(v float64) string {
	if math.IsNaN(v) {
		return fmt.Sprintf("nan:%016x", math.Float64bits(v))
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func intSample(t int64, h *histogram.Histogram) []any {
	shape := fmt.Sprintf("schema=%d hint=%d custom=%v", h.Schema, h.CounterResetHint, h.CustomValues)
	exact := fmt.Sprintf("sum=%016x threshold=%016x count=%d zero=%d spans=%s;%s buckets=%s;%s",
		math.Float64bits(h.Sum), math.Float64bits(h.ZeroThreshold), h.Count, h.ZeroCount,
		spans(h.PositiveSpans), spans(h.NegativeSpans), list(h.PositiveBuckets), list(h.NegativeBuckets))
	return []any{t, "int", h.String(), shape, exact}
}

func floatHistogramSample(t int64, h *histogram.FloatHistogram) []any {
	shape := fmt.Sprintf("schema=%d hint=%d custom=%v", h.Schema, h.CounterResetHint, h.CustomValues)
	exact := fmt.Sprintf("sum=%016x threshold=%016x count=%s zero=%s spans=%s;%s buckets=%s;%s",
		math.Float64bits(h.Sum), math.Float64bits(h.ZeroThreshold), floatText(h.Count), floatText(h.ZeroCount),
		spans(h.PositiveSpans), spans(h.NegativeSpans), floatList(h.PositiveBuckets), floatList(h.NegativeBuckets))
	return []any{t, "float", h.String(), shape, exact}
}

func spans(all []histogram.Span) string {
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = fmt.Sprintf("%d+%d", s.Offset, s.Length)
	}
	return strings.Join(parts, ",")
}

func list(all []int64) string {
	parts := make([]string, len(all))
	for i, n := range all {
		parts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(parts, ",")
}

func floatList(all []float64) string {
	parts := make([]string, len(all))
	for i, f := range all {
		parts[i] = floatText(f)
	}
	return strings.Join(parts, ",")
}
