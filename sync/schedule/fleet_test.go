package schedule

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// fleet is one of two tenants whose keys systemd hands over, with ledgers in a database.
func fleet() Fleet {
	f := Fleet{
		Name: "acsync", Program: "/bin/true", Dir: "/etc/acsync", Defaults: true, Image: "acsync:latest",
		Every: Every(15 * time.Minute), Drain: 25 * time.Second, MaxAge: 72 * time.Hour, User: "root",
		Address: Held{Key: "ledger.url", Kept: InFile, Name: "/etc/acsync/ledger.url", File: "/etc/acsync/ledger.url"},
	}
	for _, name := range []string{"acme", "globex"} {
		f.Members = append(f.Members, Member{Name: name, Database: true, Keys: []Held{
			{"kustomer.api_key", AsCredential, name + ".kustomer", "/etc/acsync/secrets/" + name + ".kustomer", true},
			{"agent_connect.api_key", AsCredential, name + ".connect", "/etc/acsync/secrets/" + name + "/connect", false},
		}})
	}
	return f
}

// inFiles is one whose ledgers and keys are files.
func inFiles() Fleet {
	f := fleet()
	f.Address = Held{}
	for i := range f.Members {
		m := &f.Members[i]
		m.Database, m.Writes, m.MayWrite = false, []string{"/var/lib/acsync/" + m.Name}, []string{"/mnt/backup"}
		m.Keys = []Held{{"kustomer.api_key", InFile, "/etc/keys/" + m.Name, "/etc/keys/" + m.Name, false}}
	}
	return f
}

func fleetFiles(t *testing.T, kind string, f Fleet) (list []File, by map[string]string) {
	t.Helper()
	list, err := FleetFiles(kind, f)
	if err != nil {
		t.Fatal(err)
	}
	by = map[string]string{}
	for _, each := range list {
		by[each.Name] = each.Text
		if !strings.HasPrefix(each.Text, "# ") && !strings.HasSuffix(each.Name, ".json") {
			t.Errorf("%s does not say what it is:\n%s", each.Name, each.Text)
		}
	}
	return list, by
}

// TestInstances holds that each tenant has an instance of its own, with its own keys and places, and that what is not
// the same for all stands beside.
func TestInstances(t *testing.T) {
	list, by := fleetFiles(t, "systemd", fleet())
	if len(list) != 3 {
		t.Errorf("got %d files", len(list))
	}
	service := by["acsync@.service"]
	wants(t, service, "\nExecStart=/bin/true run --config-dir /etc/acsync --tenant %i --if-locked wait=10m --json --log-level info\n",
		"\nLoadCredential=%i.kustomer:/etc/acsync/secrets/%i.kustomer\n", "\nLoadCredential=%i.connect:/etc/acsync/secrets/%i/connect\n",
		"\nLoadCredential=ledger_url:/etc/acsync/ledger.url\nEnvironment=ACSYNC_LEDGER_URL_FILE=%d/ledger_url\n",
		"\nOnFailure=acsync-failed@%i.service\n", "\nSuccessExitStatus=3 11 143\n", "\nTimeoutStopSec=45\n", "\nUser=root\n",
		"#   /etc/acsync/secrets/acme.kustomer\n", "several machines may have these units", "xargs systemctl enable --now\n",
		"(--all)")
	lacks(t, service, "ReadWritePaths", "acme/connect\n#")
	wants(t, by["acsync@.timer"], "\nOnCalendar=*:0/15\n", "\nRandomizedDelaySec=600\nFixedRandomDelay=yes\n", "\nPersistent=true\n")
	wants(t, by["acsync-failed@.service"], "tenants status --check --tenant %i --config-dir /etc/acsync\n",
		"\nLoadCredential=%i.kustomer:/etc/acsync/secrets/%i.kustomer\n")
	verifyUnits(t, list)

	f := fleet()
	f.NoUser = true
	f.Members = append(f.Members, inFiles().Members[0])
	f.Members[2].Name, f.Members[2].Keys = "initech", nil
	list, by = fleetFiles(t, "systemd", f)
	lacks(t, by["acsync@.service"], "LoadCredential=%i", "ReadWritePaths=/", "several machines")
	wants(t, by["acsync@.service"], "\nDynamicUser=yes\n", "\nSuccessExitStatus=3 143\n")
	wants(t, by["acsync@acme.service.d/tenant.conf"], "\n[Service]\nLoadCredential=acme.kustomer:/etc/acsync/secrets/acme.kustomer\n")
	wants(t, by["acsync@initech.service.d/tenant.conf"], "\n[Service]\nReadWritePaths=/var/lib/acsync/acme\nReadWritePaths=-/mnt/backup\n")
	if len(list) != 6 {
		t.Errorf("got %d files", len(list))
	}
	verifyUnits(t, list)

	list, by = fleetFiles(t, "systemd", inFiles())
	wants(t, by["acsync@.service"], "\nReadWritePaths=/var/lib/acsync/%i\n", "\nReadWritePaths=-/mnt/backup\n", "\nProtectHome=yes\n")
	verifyUnits(t, list)
}

// TestPattern holds that the name of a tenant is replaced where it is one, and what is not the same for all stays apart.
func TestPattern(t *testing.T) {
	u := unitFleet{fleet()}
	for line, want := range map[string]string{
		"ReadWritePaths=/etc/acsync/acsync/x":    "ReadWritePaths=/etc/acsync/%i/x",
		"LoadCredential=acsync:/acsync":          "LoadCredential=%i:/%i",
		"LoadCredential=myacsync:/acsync2":       "LoadCredential=myacsync:/acsync2",
		"ReadWritePaths=/a/acsync-acsync.acsync": "ReadWritePaths=/a/%i-%i.%i",
	} {
		if got := u.pattern(line, "acsync"); got != want {
			t.Errorf("%s: got %s, want %s", line, got, want)
		}
	}
}

func TestTogether(t *testing.T) {
	f := inFiles()
	f.Shape = Together
	list, by := fleetFiles(t, "systemd", f)
	wants(t, by["acsync.service"], "\nExecStart=/bin/true tenants run --all --config-dir /etc/acsync --json --log-level info\n",
		"\nReadWritePaths=/var/lib/acsync/acme\nReadWritePaths=-/mnt/backup\nReadWritePaths=/var/lib/acsync/globex\n",
		"\nOnFailure=acsync-failed.service\n")
	wants(t, by["acsync.timer"], "\nRandomizedDelaySec=20\n", "\n[Install]\n")
	verifyUnits(t, list)
}

func TestWorkService(t *testing.T) {
	f := fleet()
	f.Shape = Workers
	list, by := fleetFiles(t, "systemd", f)
	service := by["acsync-work.service"]
	wants(t, service, "\nType=exec\n", " work --config-dir /etc/acsync --listen 127.0.0.1:9464 --drain 1m30s --every 15m ", "\nRestart=always\n",
		"\nTimeoutStopSec=120\n", "\nWantedBy=multi-user.target\n", "\nLoadCredential=globex.kustomer:/etc/acsync/secrets/globex.kustomer\n")
	verifyUnits(t, list)
	f.Drain = 5 * time.Minute
	_, by = fleetFiles(t, "systemd", f)
	wants(t, by["acsync-work.service"], " --drain 5m ", "\nTimeoutStopSec=330\n")
}

// TestFleetRefusals holds that nothing is written that could not work where it is to run.
func TestFleetRefusals(t *testing.T) {
	with := func(change func(*Fleet)) Fleet {
		f := fleet()
		change(&f)
		return f
	}
	keyAt := func(kept Keeping, name string) Fleet {
		return with(func(f *Fleet) { f.Members[1].Keys[0] = Held{"kustomer.api_key", kept, name, name, false} })
	}
	work := inFiles()
	work.Shape = Workers
	for name, c := range map[string]struct {
		kind string
		f    Fleet
		want string
	}{
		"nobody":                  {"systemd", Fleet{Name: "acsync"}, "no tenant whose file is sound"},
		"workers of files":        {"systemd", work, "the ledger of acme is a file"},
		"a cluster of files":      {"kubernetes", inFiles(), "the ledger of acme is a file"},
		"a cluster, together":     {"kubernetes", with(func(f *Fleet) { f.Shape = Together }), "leave --all out"},
		"figures in a pod":        {"kubernetes", with(func(f *Fleet) { f.Members[0].Metrics = "/m" }), "a pod does not keep"},
		"a key inline":            {"kubernetes", keyAt(Inline, ""), "kustomer.api_key of globex stands in the configuration itself"},
		"a key among tenants":     {"kubernetes", keyAt(InFile, "/etc/acsync/tenants/key"), "a directory of their own"},
		"a key above":             {"kubernetes", keyAt(InFile, "/etc/key"), "a directory of their own"},
		"a credential of no name": {"kubernetes", keyAt(AsCredential, "a b"), "no Secret of Kubernetes can hold"},
		"keys in each other": {"kubernetes", with(func(f *Fleet) {
			f.Members[0].Keys[0] = Held{"kustomer.api_key", InFile, "/etc/acsync/secrets/a", "/etc/acsync/secrets/a", false}
			f.Members[1].Keys[0] = Held{"kustomer.api_key", InFile, "/etc/acsync/secrets/b/c", "/etc/acsync/secrets/b/c", false}
		}), "a pod cannot have both"},
		"a dashboard of files": {"dashboard", fleet(), "for workers"},
	} {
		if files, err := FleetFiles(c.kind, c.f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %d files", name, err, len(files))
		}
	}
}

// TestCronAt holds that each tenant has a minute of its own, as often as all.
func TestCronAt(t *testing.T) {
	minutes := map[string]bool{}
	for i := range 60 {
		for _, every := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour} {
			fields := Every(every).CronAt(fmt.Sprint("tenant", i))
			head, rest, _ := strings.Cut(fields, " ")
			begin, step, _ := strings.Cut(strings.Replace(head, "-59", "", 1), "/")
			if every > time.Minute && every < time.Hour && step != fmt.Sprint(int(every.Minutes())) {
				t.Errorf("%s: got %s", every, fields)
			}
			checkCron(t, begin+" "+rest)
			if every == 15*time.Minute {
				minutes[begin] = true
			}
		}
	}
	if len(minutes) < 12 {
		t.Errorf("60 tenants have %d minutes of 15", len(minutes))
	}
}

// TestObjectNames holds that names of objects stay within what Kubernetes takes, and apart.
func TestObjectNames(t *testing.T) {
	c, long := clusterFleet{fleet()}, strings.Repeat("abcdefg-", 7)
	one, other := c.CronJob(Member{Name: long + "one"}), c.CronJob(Member{Name: long + "two"})
	if len(one) > 52 || one == other || c.CronJob(Member{Name: "acme"}) != "acsync-acme" || len(c.InitJob(Member{Name: long + "one"})) > 63 {
		t.Errorf("got %s, %s", one, other)
	}
}

// figures are those that an expression names.
var figures = regexp.MustCompile(`acsync_(tenant|work)_\w+`)

// TestWorkAlerts holds rules and dashboard to the figures that workers have.
func TestWorkAlerts(t *testing.T) {
	known := []string{
		"acsync_tenant_checkpoint_timestamp_seconds", "acsync_tenant_next_pass_timestamp_seconds", "acsync_tenant_paused",
		"acsync_tenant_failures", "acsync_tenant_in_doubt", "acsync_tenant_waiting", "acsync_tenant_running",
		"acsync_work_last_tick_timestamp_seconds", "acsync_work_passes_total", "acsync_work_jobs_running",
	}
	f := fleet()
	f.Shape = Workers
	source, err := os.ReadFile("../work/serve.go")
	check := func(t *testing.T, expr string) {
		t.Helper()
		words := figures.FindAllString(expr, -1)
		if len(words) == 0 || strings.Count(expr, "(") != strings.Count(expr, ")") {
			t.Errorf("%s is no expression about workers", expr)
		}
		for _, word := range words {
			if !slices.Contains(known, word) || err == nil && !strings.Contains(string(source), `"`+word+`"`) {
				t.Errorf("no worker has the figure %s", word)
			}
		}
	}
	for _, kind := range []string{"alerts", "dashboard"} {
		list, _ := fleetFiles(t, kind, f)
		if kind == "alerts" {
			wants(t, list[0].Text, "max by (tenant) (acsync_tenant_checkpoint_timestamp_seconds) > 129600", `exit=~\"4|10|12|14\"`)
			checkRules(t, list[0], check)
		} else {
			checkDashboard(t, list[0], check)
		}
	}
	list, _ := fleetFiles(t, "alerts", inFiles())
	wants(t, list[0].Text, `{{ $labels.tenant }}: `, `acsync_last_exit_code{mode=\"run\"} == 4`, "acsync tenants status --config-dir /etc/acsync")
	lacks(t, list[0].Text, "tenant=")
	checkRules(t, list[0], checkFigures)
}
