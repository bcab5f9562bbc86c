package report

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// browser starts Chromium; the test is skipped where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium on this machine; .ci/run installs it where it can")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if _, err := chromedp.Run(ctx, chromedp.Title()); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// artifacts is where screenshots are kept: ACSYNC_ARTIFACTS, or with go test -artifacts the directory that it names.
// It is empty where nobody would see them: they take longer than all that is looked at.
func artifacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ACSYNC_ARTIFACTS")
	if asked := flag.Lookup("test.artifacts").Value.String() == "true"; dir == "" && (asked || long) {
		return t.ArtifactDir()
	}
	if dir == "" {
		return ""
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// console is what the browser says while a page is shown. It reads up to a message of its own.
func console(tab context.Context, messages iter.Seq2[chromedp.ConsoleMessage, error]) ([]string, error) {
	const end = "that is all"
	if _, err := chromedp.Run(tab, chromedp.Evaluate[chromedp.Void]("console.log('"+end+"')")); err != nil {
		return nil, err
	}
	var said []string
	for message, err := range messages {
		if err != nil {
			return said, err
		}
		if message.Text == end {
			break
		}
		said = append(said, message.String())
	}
	return said, nil
}

// found is what a page holds, as the browser sees it.
type found struct {
	Width    int      `json:"width"`  // of the window
	Scroll   int      `json:"scroll"` // of the document
	Charts   int      `json:"charts"` // that are seen and named
	Tables   int      `json:"tables"` // with a caption
	Bare     int      `json:"bare"`   // tables and charts without a name
	Rows     int      `json:"rows"`   // conversations
	Scripts  int      `json:"scripts"`
	Jumps    int      `json:"jumps"`    // headings that leave out a level
	Faint    []string `json:"faint"`    // text with a contrast below 4.5 to 1
	Clipped  []string `json:"clipped"`  // labels of charts that run into each other or out of the chart
	Broken   []string `json:"broken"`   // reasons and flags that a line ends within
	External []string `json:"external"` // what was loaded from elsewhere
}

// inspect reads the page. Contrast is that of WCAG 2, of each text with the colour behind it.
const inspect = `(() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m.slice(0, 3); };
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; } return [255, 255, 255]; };
  const seen = e => { const b = e.getBoundingClientRect(); return b.width > 40 && b.height > 20; };
  const faint = new Set();
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.closest('title, desc')) continue;
    const style = getComputedStyle(e), ink = rgb(e.closest('svg') ? style.fill : style.color);
    if (!ink) continue;
    const [a, b] = [light(ink), light(behind(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) faint.add(e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + ((a + .05) / (b + .05)).toFixed(2));
  }
  const clipped = [];
  for (const chart of document.querySelectorAll('svg')) {
    const frame = chart.getBoundingClientRect(), boxes = [...chart.querySelectorAll('text')].filter(t => getComputedStyle(t).display !== 'none').map(t => [t.textContent, t.getBoundingClientRect()]).filter(b => b[0]);
    boxes.forEach(([label, b], i) => {
      if (b.left < frame.left - 1 || b.right > frame.right + 1 || b.bottom > frame.bottom + 1) clipped.push(label + ' leaves the chart');
      boxes.slice(i + 1).forEach(([other, o]) => {
        if (b.left < o.right && o.left < b.right && b.top + 3 < o.bottom && o.top + 3 < b.bottom) clipped.push(label + ' and ' + other);
      });
    });
  }
  const broken = [];
  for (const e of document.querySelectorAll('.flag, .dispositions tbody th, .rows .why, .card h3')) {
    for (const node of [...e.childNodes].filter(n => n.nodeType === 3)) {
      for (const word of node.data.matchAll(/(^|\s)([a-z_-]{2,30})(?=\s|$)/g)) {
        const range = document.createRange();
        range.setStart(node, word.index + word[1].length);
        range.setEnd(node, word.index + word[0].length);
        if (range.getClientRects().length > 1) broken.push(word[2]);
      }
    }
  }
  let level = 0, jumps = 0;
  for (const h of document.querySelectorAll('h1, h2, h3, h4')) { const n = +h.tagName[1]; if (n > level + 1) jumps++; level = n; }
  const charts = [...document.querySelectorAll('svg[role=img]')], tables = [...document.querySelectorAll('table')];
  const named = c => c.querySelector('title')?.textContent && c.querySelector('desc')?.textContent;
  return {
    width: innerWidth, scroll: document.documentElement.scrollWidth,
    charts: charts.filter(c => named(c) && seen(c)).length, tables: tables.filter(t => t.caption?.textContent.trim()).length,
    bare: charts.filter(c => !named(c)).length + tables.filter(t => !t.caption?.textContent.trim() || !t.querySelector('th[scope]')).length,
    rows: document.querySelectorAll('table.rows tbody tr').length, scripts: document.scripts.length, jumps,
    faint: [...faint], clipped, broken, external: performance.getEntriesByType('resource').map(r => r.name),
  };
})()`

// long is set when the long programmes are wanted, too.
var long = os.Getenv("LONG_TESTS") != ""

// amount is how much of something a test does: a few, or in the long programmes many.
func amount(few, many int) int {
	if long {
		return many
	}
	return few
}

// TestBrowser opens reports of one pass and of many in Chromium, as wide as a desk and as narrow as a phone,
// light and dark, and looks at what people would see. Where it is long, or somebody keeps them, it takes pictures.
// Unless it is long, it looks at six pages, on a light desk and a dark phone.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and has no goroutines of its own that share anything")
	}
	ctx, kept := browser(t), artifacts(t)
	usual, detail := detailed(400, 72*time.Hour, nil)
	many, manyDetail := detailed(amount(400, 12_000), 40*24*time.Hour, nil)
	bad, badDetail := detailed(60, 40*time.Minute, hostile)
	fuse, fuseDetail := detailed(200, 5*time.Hour, nil)
	fuse.Fuse, fuse.Exit = "max_error_rate: 12 of 40 survey requests were rejected", 13
	fuse.Notices = []string{"to ask all the same: acsync backfill --config /etc/acsync/acme.toml --sandbox --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z"}
	months := NewHistory(pastRuns(amount(60, 6000), 15*time.Minute), past(at.AddDate(0, 0, -58), at.Add(time.Hour)))
	hostileHistory := NewHistory(hostileRuns(), past(at.AddDate(0, 0, -3), at.Add(time.Hour)))
	for _, test := range []struct {
		name   string
		page   string
		charts int
		rows   int
		tables int
		width  []int64
		always bool
	}{
		{"usual", render(t, "html", New(usual, detail)), 4, 400, 1, []int64{1280, 1000, 390, 320}, true},
		{"many", render(t, "html", New(many, manyDetail)), 4, mostOnPage, 1, []int64{1280, 390}, false},
		{"hostile", render(t, "html", New(bad, badDetail)), 4, 60, 1, []int64{1280, 390}, true},
		{"halted", render(t, "html", New(fuse, fuseDetail)), 4, 200, 1, []int64{1280, 390, 320}, false},
		{"none", render(t, "html", New(empty(), Detail{})), 0, 0, 1, []int64{1280, 390}, false},
		{"history-week", renderHistory(t, "html", week()), 3, len(week().Rejections), 6, []int64{1280, 1000, 390, 320}, true},
		{"history-months", renderHistory(t, "html", months), 3, len(months.Rejections), 6, []int64{1280, 390}, false},
		{"history-hostile", renderHistory(t, "html", hostileHistory), 3, 8, 6, []int64{1280, 390}, true},
		{"history-none", renderHistory(t, "html", noPasses()), 0, 0, 0, []int64{1280, 390}, false},
		{"range-week", renderRange(t, "html", fullRange(t)), 8, 10, 10, []int64{1280, 1000, 390, 320}, true},
		{"range-hostile", renderRange(t, "html", hostileRange(t)), 4, 40, 8, []int64{1280, 390, 320}, true},
		{"agents-week", renderAgents(t, "html", agentReports(t)["week"]), 0, 0, 2, []int64{1280, 1000, 390, 320}, true},
		{"range-none", renderRange(t, "html", noRange(t)), 0, 0, 0, []int64{1280, 390}, false},
	} {
		if !long && !test.always {
			continue
		}
		file := filepath.Join(t.TempDir(), test.name+".html")
		if err := os.WriteFile(file, []byte(test.page), 0o600); err != nil {
			t.Fatal(err)
		}
		address := (&url.URL{Scheme: "file", Path: file}).String()
		for _, width := range test.width {
			for _, theme := range []string{"light", "dark"} {
				if common := width == 1280 && theme == "light" || width == 390 && theme == "dark"; !long && !common {
					continue
				}
				name := fmt.Sprintf("%s-%d-%s", test.name, width, theme)
				t.Run(name, func(t *testing.T) {
					got := look(t, ctx, address, width, theme, kept, name)
					if got.Scroll > got.Width {
						t.Errorf("the page is %d wide in a window of %d", got.Scroll, got.Width)
					}
					if got.Charts != test.charts || got.Rows != test.rows || got.Tables < test.tables || got.Bare+got.Scripts+got.Jumps > 0 {
						t.Errorf("got %+v", got)
					}
					if len(got.Faint)+len(got.Clipped)+len(got.Broken)+len(got.External) > 0 {
						t.Errorf("faint %q\nclipped %q\nbroken %q\nexternal %q", got.Faint, got.Clipped, got.Broken, got.External)
					}
				})
			}
		}
		if kept != "" {
			printed(t, ctx, address, filepath.Join(kept, test.name+".pdf"))
		}
	}
}

// look opens a page in a tab of its own, takes a picture of it as it opens where these are kept, and inspects it.
func look(t *testing.T, ctx context.Context, address string, width int64, theme, kept, name string) found {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	messages := chromedp.Console(tab)
	_, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	must(t, err)
	_, err = chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
	must(t, err)
	must(t, chromedp.Do(tab, chromedp.Navigate(address)))
	if kept != "" {
		pictured(t, tab, width, filepath.Join(kept, name+".png"))
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[found](inspect))
	must(t, err)
	said, err := console(tab, messages)
	must(t, err)
	if len(said) > 0 {
		t.Errorf("the browser says %s", strings.Join(said, "; "))
	}
	return got
}

// pictured keeps a picture of the page in a tab.
func pictured(t *testing.T, tab context.Context, width int64, path string) {
	t.Helper()
	height, err := chromedp.Run(tab, chromedp.Evaluate[float64]("document.documentElement.scrollHeight"))
	must(t, err)
	beyond := true
	shot, err := chromedp.Call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: float64(width), Height: min(height, 6000), Scale: 1}, CaptureBeyondViewport: &beyond,
	})
	must(t, err)
	must(t, os.WriteFile(path, shot.Data, 0o644))
}

// printed keeps the page as it is printed.
func printed(t *testing.T, ctx context.Context, address, path string) {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	must(t, chromedp.Do(tab, chromedp.Navigate(address)))
	pdf, err := chromedp.Run(tab, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	must(t, err)
	must(t, os.WriteFile(path, pdf, 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
