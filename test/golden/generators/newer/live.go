package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/common/promslog"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/tombstones"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
)

const hour = int64(3600000)

// A database as a Prometheus has it whose every feature flag for start timestamps is on: three hours
// of samples, the first two of which go to a block and leave a checkpoint in the log.
func writeLive(dir string) {
	opts := tsdb.DefaultOptions()
	opts.WALSegmentSize = 32 * 1024
	opts.WALCompression = compression.Zstd
	opts.EnableSTStorage = true
	opts.FloatChunkEncoding = chunkenc.EncXOR2
	opts.EnableHistogramSTEncoding = true
	opts.EnableMetadataWALRecords = true
	opts.EnableExemplarStorage = true
	opts.MaxExemplars = 1000
	opts.RetentionDuration = 1 << 50
	db, err := tsdb.Open(dir, promslog.NewNopLogger(), nil, opts, nil)
	check(err)
	db.DisableCompactions()
	for minute := int64(0); minute < 190; minute++ {
		appendMinute(db, minute)
		if minute == 185 {
			check(db.Delete(context.Background(), epoch+150*60000, epoch+160*60000,
				labels.MustNewMatcher(labels.MatchEqual, "__name__", "float_5")))
		}
	}
	check(db.CompactHead(tsdb.NewRangeHead(db.Head(), epoch, epoch+2*hour-1)))
	for minute := int64(190); minute < 200; minute++ {
		appendMinute(db, minute)
	}
	check(db.Close())
	time.Sleep(10 * time.Millisecond)
}

func appendMinute(db *tsdb.DB, minute int64) {
	app := db.AppenderV2(context.Background())
	t := epoch + minute*60000
	add := func(name string, st int64, s sample) {
		ls := labels.FromStrings("__name__", name, "job", "live", "sprache", "köln")
		var o storage.AppendV2Options
		if minute%50 == 0 {
			o.MetricFamilyName = name
			o.Metadata = metadata.Metadata{Type: "counter", Unit: "s", Help: fmt.Sprintf("%s at %d", name, minute)}
		}
		if minute%20 == 3 {
			o.Exemplars = []exemplar.Exemplar{{Labels: labels.FromStrings("trace", fmt.Sprint(minute)), Value: s.v, Ts: t}}
		}
		_, err := app.Append(0, ls, st, t, s.v, s.h, s.fh, o)
		check(err)
	}
	i := int(minute)
	for n := range 12 {
		start := epoch - hour + int64(n/4)*1000
		switch n % 4 {
		case 1:
			start = 0
		case 2:
			start = t - 60000
		case 3:
			start = pick(minute%30 < 15, start, 0)
		}
		value := awkward(i*7 + n)
		if n%3 == 0 {
			value = counter(i)
		}
		add(fmt.Sprintf("float_%d", n), start, sample{v: value})
	}
	for n, shape := range []string{"", "custom", "gauge", "resets", "coarser", "negative"} {
		start := pick(n%2 == 0, epoch-hour, t-60000)
		add("int_"+shape, start, histograms([]int64{t}, startPatterns["none"], shape, false)[0].at(i, shape))
		add("fh_"+shape, pick(minute%2 == 0, start, 0), histograms([]int64{t}, startPatterns["none"], shape, true)[0].at(i, shape))
	}
	check(app.Commit())
}

// The histogram of minute `i` in place of that of minute 0.
func (s sample) at(i int, shape string) sample {
	h := intHistogram(i, shape)
	if s.fh != nil {
		s.fh = h.ToFloat(nil)
	} else {
		s.h = h
	}
	return s
}

type loggedSeries struct {
	Labels  map[string]string `json:"labels"`
	Samples [][]any           `json:"samples"`
}

// The block's dump, and what the log holds, series by series in the order of their first record.
func dumpLive(dir, out string) {
	entries, err := os.ReadDir(dir)
	check(err)
	for _, e := range entries {
		if len(e.Name()) == 26 {
			dumpBlock(filepath.Join(dir, e.Name()), filepath.Join(out, "live.block.ndjson"))
		}
	}
	d := &logDump{byRef: map[chunks.HeadSeriesRef]*loggedSeries{}, counts: map[string]int{}}
	wal := filepath.Join(dir, "wal")
	checkpoint, last, err := wlog.LastCheckpoint(wal)
	check(err)
	sr, err := wlog.NewSegmentsReader(checkpoint)
	check(err)
	d.read(sr)
	first, end, err := wlog.Segments(wal)
	check(err)
	sr, err = wlog.NewSegmentsRangeReader(wlog.SegmentRange{Dir: wal, First: max(first, last+1), Last: end})
	check(err)
	d.read(sr)
	f, err := os.Create(filepath.Join(out, "live.wal.ndjson"))
	check(err)
	w := bufio.NewWriter(f)
	for _, s := range d.order {
		text, err := json.Marshal(s)
		check(err)
		fmt.Fprintln(w, string(text))
	}
	text, err := json.Marshal(map[string]any{"counts": d.counts, "minValidTime": d.minValidTime, "checkpoint": filepath.Base(checkpoint)})
	check(err)
	fmt.Fprintln(w, string(text))
	check(w.Flush())
	check(f.Close())
}

type logDump struct {
	byRef        map[chunks.HeadSeriesRef]*loggedSeries
	order        []*loggedSeries
	counts       map[string]int
	minValidTime int64
}

func (d *logDump) read(segments io.Reader) {
	r := wlog.NewReader(segments)
	dec := record.NewDecoder(labels.NewSymbolTable(), promslog.NewNopLogger())
	add := func(ref chunks.HeadSeriesRef, s []any) { d.byRef[ref].Samples = append(d.byRef[ref].Samples, s) }
	for r.Next() {
		rec := r.Record()
		kind := dec.Type(rec)
		d.counts["records of "+kind.String()]++
		switch kind {
		case record.Series:
			series, err := dec.Series(rec, nil)
			check(err)
			for _, s := range series {
				if d.byRef[s.Ref] == nil {
					d.byRef[s.Ref] = &loggedSeries{Labels: s.Labels.Copy().Map()}
					d.order = append(d.order, d.byRef[s.Ref])
				}
			}
		case record.Samples, record.SamplesV2:
			samples, err := dec.Samples(rec, nil)
			check(err)
			for _, s := range samples {
				add(s.Ref, []any{s.T, floatText(s.V), s.ST})
			}
		case record.HistogramSamples, record.HistogramSamplesV2, record.CustomBucketsHistogramSamples:
			samples, err := dec.HistogramSamples(rec, nil)
			check(err)
			for _, s := range samples {
				add(s.Ref, append(intSample(s.T, s.H), s.ST))
			}
		case record.FloatHistogramSamples, record.FloatHistogramSamplesV2, record.CustomBucketsFloatHistogramSamples:
			samples, err := dec.FloatHistogramSamples(rec, nil)
			check(err)
			for _, s := range samples {
				add(s.Ref, append(floatHistogramSample(s.T, s.FH), s.ST))
			}
		case record.Exemplars:
			all, err := dec.Exemplars(rec, nil)
			check(err)
			d.counts["exemplars"] += len(all)
		case record.Metadata:
			all, err := dec.Metadata(rec, nil)
			check(err)
			d.counts["metadata"] += len(all)
		case record.Tombstones:
			all, err := dec.Tombstones(rec, []tombstones.Stone{})
			check(err)
			d.counts["tombstones"] += len(all)
		case record.MinValidTime:
			t, err := dec.MinValidTime(rec)
			check(err)
			d.minValidTime = t
		}
	}
	check(r.Err())
}
