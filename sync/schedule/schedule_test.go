package schedule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// job is one as the README shows it.
func job() Job {
	return Job{
		Name: "acsync", Program: "/usr/local/bin/acsync", Config: "/etc/acsync/config.toml",
		Ledger: "/var/lib/acsync/acsync.db", Logs: "/var/lib/acsync", User: "acsync", Image: "acsync:latest", Every: Every(15 * time.Minute),
		Tenant: "acme", Metrics: "/var/lib/node_exporter/acsync.prom",
		Drain: 25 * time.Second, MaxAge: 72 * time.Hour, Writes: []string{"/var/lib/acsync"},
		MayWrite: []string{"/home/acsync/.local/state/acsync", "/mnt/backup"},
		Keys: []Key{
			{
				Name: "kustomer_api_key", Variable: "ACSYNC_KUSTOMER_API_KEY_FILE",
				File: "/etc/acsync/keys/kustomer_api_key", Missing: true,
			},
			{
				Name: "agent_connect_api_key", Variable: "ACSYNC_AGENT_CONNECT_API_KEY_FILE",
				File: "/etc/acsync/agent.key", Configured: true,
			},
		},
		Settings: []Variable{{Name: "HOME", Value: "/home/acsync", Path: true}},
	}
}

// awkward is one whose paths have all that files could take for something else.
func awkward(dir string) Job {
	j := job()
	j.Every, j.Program, j.Config = Every(2*time.Hour), filepath.Join(dir, "ac sync"), filepath.Join(dir, "100% it's.toml")
	j.Ledger, j.Logs = filepath.Join(dir, `a "b"`, "l.db"), filepath.Join(dir, `a "b"`)
	j.Writes = []string{j.Logs}
	j.Keys[0].File = filepath.Join(dir, "k%n y")
	j.Settings = append(j.Settings, Variable{Name: "ACSYNC_MAPPING_BRAND", Value: `"a%b" + '$HOME \'`})
	j.Tenant = `a"c{me`
	j.Reports = []string{filepath.Join(dir, "$HOME.html")}
	return j
}

func files(t *testing.T, kind string, j Job) []File {
	t.Helper()
	list, err := Files(kind, j)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEvery(t *testing.T) {
	for _, tt := range []struct {
		d                     time.Duration
		words, cron, calendar string
	}{
		{time.Minute, "minute", "* * * * *", "*:0/1"},
		{5 * time.Minute, "5 minutes", "*/5 * * * *", "*:0/5"},
		{30 * time.Minute, "30 minutes", "*/30 * * * *", "*:0/30"},
		{time.Hour, "hour", "0 * * * *", "*:00"},
		{6 * time.Hour, "6 hours", "0 */6 * * *", "0/6:00"},
		{24 * time.Hour, "day", "0 6 * * *", "06:00"},
	} {
		e, err := ParseEvery(tt.d)
		if err != nil || e.String() != tt.words || e.Cron() != tt.cron || e.Calendar() != tt.calendar {
			t.Errorf("%s: got %q, %q, %q, %v", tt.d, e, e.Cron(), e.Calendar(), err)
		}
		checkCron(t, e.Cron())
		if analyze, err := exec.LookPath("systemd-analyze"); err == nil {
			if out, err := exec.Command(analyze, "calendar", e.Calendar()).CombinedOutput(); err != nil {
				t.Errorf("systemd does not take %q: %s", e.Calendar(), out)
			}
		}
	}
	for _, d := range []time.Duration{
		0, -time.Hour, time.Second, 7 * time.Minute, 45 * time.Minute, 90 * time.Minute, 5 * time.Hour,
		48 * time.Hour, 15*time.Minute + time.Second,
	} {
		if _, err := ParseEvery(d); err == nil {
			t.Errorf("%s was taken", d)
		}
	}
}

// checkCron holds five fields to what cron takes for them.
func checkCron(t *testing.T, fields string) {
	t.Helper()
	most := []int{59, 23, 31, 12, 7}
	parts := strings.Fields(fields)
	if len(parts) != len(most) {
		t.Fatalf("%q has %d fields", fields, len(parts))
	}
	form := regexp.MustCompile(`^(?:\*|(\d+))(?:/(\d+))?$`)
	for i, part := range parts {
		found := form.FindStringSubmatch(part)
		if found == nil {
			t.Errorf("%q: the field %q is none", fields, part)
			continue
		}
		for _, number := range found[1:] {
			if n, err := strconv.Atoi(number); number != "" && (err != nil || n > most[i]) {
				t.Errorf("%q: the field %q is out of range", fields, part)
			}
		}
	}
}

// TestCrontab reads a crontab as cron does: comments, and lines of five fields and a command, in which an
// escaped percent sign is one.
func TestCrontab(t *testing.T) {
	dir := t.TempDir()
	program := "#!/bin/sh\nfor a; do printf '[%s]' \"$a\"; done\nprintf ' %s %s\\n' \"$ACSYNC_KUSTOMER_API_KEY_FILE\" " +
		"\"$ACSYNC_MAPPING_BRAND\"\nexit 4\n"
	j := awkward(dir)
	if err := errors.Join(os.WriteFile(j.Program, []byte(program), 0o700), os.Mkdir(filepath.Dir(j.Ledger), 0o700)); err != nil {
		t.Fatal(err)
	}
	commands := 0
	for line := range strings.Lines(files(t, "cron", j)[0].Text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := regexp.MustCompile(`^(\S+ \S+ \S+ \S+ \S+) (.*)\n$`).FindStringSubmatch(line)
		if fields == nil {
			t.Fatalf("cron would not take %q", line)
		}
		checkCron(t, fields[1])
		commands++
		if regexp.MustCompile(`(^|[^\\])%`).MatchString(fields[2]) {
			t.Errorf("cron would end the command at a percent sign: %s", fields[2])
		}
		run := exec.Command("/bin/sh", "-c", strings.ReplaceAll(fields[2], `\%`, "%"))
		run.Dir, run.Env = "/", []string{}
		said, err := run.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", fields[2], err, said)
		}
		if want := "acsync ended with exit code 4; see " + j.Log(".log") + "\n"; commands == 1 && string(said) != want {
			t.Errorf("got %q, want %q", said, want)
		}
	}
	// The second line has moved it.
	got, err := os.ReadFile(j.Log(".jsonl.1"))
	want := fmt.Sprintf("[run][--config][%s][--if-locked][wait=10m][--json][--log-level][info][--report][%s] %s %s\n", j.Config, j.Reports[0],
		j.Keys[0].File, j.Settings[1].Value)
	if string(got) != want || err != nil || commands != 2 {
		t.Errorf("got %q, want %q; %v", got, want, err)
	}
}

func TestLongCrontab(t *testing.T) {
	j := job()
	j.Settings = append(j.Settings, Variable{Name: "ACSYNC_MAPPING_CHANNELS", Value: strings.Repeat("a=b,", 300)})
	if _, err := Files("cron", j); err == nil || !strings.Contains(err.Error(), "cron takes 999") {
		t.Errorf("got %v", err)
	}
}

// TestUnits holds what the units promise, and lets systemd look at them where it is there.
func TestUnits(t *testing.T) {
	dir := t.TempDir()
	for name, j := range map[string]Job{"usual": job(), "awkward": awkward(dir)} {
		t.Run(name, func(t *testing.T) {
			j.User = "root"
			if name == "usual" {
				j.Program = filepath.Join(dir, "acsync")
			}
			if err := os.WriteFile(j.Program, []byte("#!/bin/sh\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			list := files(t, "systemd", j)
			service := list[0].Text
			wants(t, service, "\nType=oneshot\n", "\nSuccessExitStatus=3 143\n", "\nTimeoutStopSec=45\n",
				"\nOnFailure=acsync-failed.service\n", "\nProtectSystem=strict\n", " --if-locked wait=10m --json",
				"\nReadWritePaths=-/mnt/backup\n", "\nReadWritePaths=-/home/acsync/.local/state/acsync\n",
				"\nProtectHome=read-only\n", "\nLoadCredential=agent_connect_api_key:/etc/acsync/agent.key\n",
				"\nEnvironment=ACSYNC_AGENT_CONNECT_API_KEY_FILE=%d/agent_connect_api_key\n")
			wants(t, list[2].Text, "status --check --config ", "\nSuccessExitStatus=1 2 3\n")
			wants(t, list[1].Text, "\nPersistent=true\n", "\nOnCalendar="+j.Every.Calendar()+"\n")
			verifyUnits(t, list)
		})
	}
}

// verifyUnits lets systemd look at units where it is there.
func verifyUnits(t *testing.T, list []File) {
	t.Helper()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not there")
		return
	}
	dir, paths := t.TempDir(), []string{"verify", "--man=no"}
	for _, f := range list {
		path := filepath.Join(dir, f.Name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(f.Text), 0o600)); err != nil {
			t.Fatal(err)
		}
		// What stands beside the unit of all instances is looked at with that of one.
		instance, _, _ := strings.Cut(path, ".d/")
		paths = append(paths, instance)
	}
	if out, err := exec.Command(analyze, paths...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd: %v\n%s", err, out)
	}
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in:\n%s", part, text)
		}
	}
}

// TestTemporary holds that a service sees what lies in a directory that it would else have of its own.
func TestTemporary(t *testing.T) {
	j := job()
	wants(t, files(t, "systemd", j)[0].Text, "\nPrivateTmp=yes\n")
	j.Ledger = "/tmp/acsync.db"
	wants(t, files(t, "systemd", j)[0].Text, "\nPrivateTmp=no\n")
	j.MayWrite, j.Settings = nil, nil
	wants(t, files(t, "systemd", j)[0].Text, "\nProtectHome=yes\n")
}

// The fields of the objects of Kubernetes that are used. One that is written otherwise is not known here.
type (
	metadata struct {
		Name   string
		Labels map[string]string
	}
	object struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   metadata
		Spec       yaml.Node
	}
	claimSpec struct {
		AccessModes []string `yaml:"accessModes"`
		Resources   struct{ Requests struct{ Storage string } }
	}
	cronJobSpec struct {
		Schedule                   string
		TimeZone                   string                 `yaml:"timeZone"`
		ConcurrencyPolicy          string                 `yaml:"concurrencyPolicy"`
		StartingDeadlineSeconds    int                    `yaml:"startingDeadlineSeconds"`
		SuccessfulJobsHistoryLimit int                    `yaml:"successfulJobsHistoryLimit"`
		FailedJobsHistoryLimit     int                    `yaml:"failedJobsHistoryLimit"`
		JobTemplate                struct{ Spec jobSpec } `yaml:"jobTemplate"`
	}
	jobSpec struct {
		BackoffLimit     int              `yaml:"backoffLimit"`
		PodFailurePolicy podFailurePolicy `yaml:"podFailurePolicy"`
		Template         struct {
			Metadata metadata
			Spec     podSpec
		}
	}
	podFailurePolicy struct {
		Rules []struct {
			Action          string
			OnPodConditions []struct{ Type string } `yaml:"onPodConditions"`
			OnExitCodes     struct {
				ContainerName string `yaml:"containerName"`
				Operator      string
				Values        []int
			} `yaml:"onExitCodes"`
		}
	}
	podSpec struct {
		RestartPolicy                 string `yaml:"restartPolicy"`
		TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
		AutomountServiceAccountToken  *bool  `yaml:"automountServiceAccountToken"`
		EnableServiceLinks            *bool  `yaml:"enableServiceLinks"`
		SecurityContext               struct {
			RunAsNonRoot        bool                  `yaml:"runAsNonRoot"`
			RunAsUser           int                   `yaml:"runAsUser"`
			RunAsGroup          int                   `yaml:"runAsGroup"`
			FSGroup             int                   `yaml:"fsGroup"`
			FSGroupChangePolicy string                `yaml:"fsGroupChangePolicy"`
			SeccompProfile      struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Volumes []struct {
			Name   string
			Secret struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
			PersistentVolumeClaim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
		}
		Containers []struct {
			Name, Image  string
			Args         []string
			Env          []Variable
			VolumeMounts []struct {
				Name      string
				MountPath string `yaml:"mountPath"`
				ReadOnly  bool   `yaml:"readOnly"`
			} `yaml:"volumeMounts"`
			SecurityContext struct {
				AllowPrivilegeEscalation *bool                   `yaml:"allowPrivilegeEscalation"`
				ReadOnlyRootFilesystem   bool                    `yaml:"readOnlyRootFilesystem"`
				Capabilities             struct{ Drop []string } `yaml:"capabilities"`
			} `yaml:"securityContext"`
			Resources struct {
				Requests, Limits struct{ CPU, Memory string }
			}
		}
	}
)

// strictly decodes a node, and refuses a field that the type has not.
func strictly(t *testing.T, node yaml.Node, into any) {
	t.Helper()
	text, err := yaml.Marshal(&node)
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%v in:\n%s", err, text)
	}
}

// objects are those of some files, "Kind/name".
func objects(t *testing.T, list []File) map[string]object {
	t.Helper()
	found := map[string]object{}
	for _, f := range list {
		decoder := yaml.NewDecoder(strings.NewReader(f.Text))
		decoder.KnownFields(true)
		for {
			var o object
			err := decoder.Decode(&o)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", f.Name, err, f.Text)
			}
			found[o.APIVersion+" "+o.Kind+"/"+o.Metadata.Name] = o
		}
	}
	return found
}

func TestKubernetes(t *testing.T) {
	for name, j := range map[string]Job{"usual": job(), "awkward": awkward(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			found := objects(t, files(t, "kubernetes", j))
			if len(found) != 4 {
				t.Errorf("got %d objects", len(found))
			}
			var claims [2]claimSpec
			strictly(t, found["v1 PersistentVolumeClaim/acsync-ledger"].Spec, &claims[0])
			strictly(t, found["v1 PersistentVolumeClaim/acsync-backup"].Spec, &claims[1])
			var making jobSpec
			strictly(t, found["batch/v1 Job/acsync-init"].Spec, &making)
			checkPod(t, making.Template.Spec, j)
			var passes cronJobSpec
			strictly(t, found["batch/v1 CronJob/acsync"].Spec, &passes)
			checkCron(t, passes.Schedule)
			checkPod(t, passes.JobTemplate.Spec.Template.Spec, j)
			if passes.ConcurrencyPolicy != "Forbid" || passes.StartingDeadlineSeconds < 60 {
				t.Errorf("got %+v", passes)
			}
			spec := passes.JobTemplate.Spec
			if grace := spec.Template.Spec.TerminationGracePeriodSeconds; grace < 30 {
				t.Errorf("the drain of 25s has %d s", grace)
			}
			rules := spec.PodFailurePolicy.Rules
			if len(rules) != 2 || rules[0].Action != "Ignore" || rules[1].Action != "FailJob" {
				t.Fatalf("got %+v", rules)
			}
			args := strings.Join(spec.Template.Spec.Containers[0].Args, " ")
			if !strings.Contains(args, " --success-codes 3,11") {
				t.Errorf("3 and 11 would be failed pods: %s", args)
			}
			// What a later try cures is tried again, and Kubernetes takes no 0 here.
			codes := rules[1].OnExitCodes
			if codes.ContainerName != spec.Template.Spec.Containers[0].Name || codes.Operator != "In" ||
				!slices.IsSorted(codes.Values) || !slices.Contains(codes.Values, 4) || slices.Contains(codes.Values, 0) ||
				slices.Contains(codes.Values, 3) || slices.Contains(codes.Values, 5) || slices.Contains(codes.Values, 11) {
				t.Errorf("got %+v", codes)
			}
		})
	}
}

func checkPod(t *testing.T, pod podSpec, j Job) {
	t.Helper()
	if pod.RestartPolicy != "Never" || !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser == 0 ||
		pod.EnableServiceLinks == nil || *pod.EnableServiceLinks || len(pod.Containers) != 1 {
		t.Fatalf("got %+v", pod)
	}
	c := pod.Containers[0]
	if !c.SecurityContext.ReadOnlyRootFilesystem || *c.SecurityContext.AllowPrivilegeEscalation || c.Image != j.Image {
		t.Errorf("got %+v", c)
	}
	var volumes, mounts []string
	for _, v := range pod.Volumes {
		volumes = append(volumes, v.Name)
	}
	for _, m := range c.VolumeMounts {
		mounts = append(mounts, m.Name)
	}
	if !slices.Equal(volumes, mounts) {
		t.Errorf("mounts %v of %v", mounts, volumes)
	}
	// What is a place here is none there.
	for _, v := range c.Env {
		if strings.Contains(v.Value, "/home/") || strings.Contains(v.Value, filepath.Dir(j.Config)) && j.Config != job().Config {
			t.Errorf("the container would look for %s", v.Value)
		}
	}
	if want := (Variable{Name: "ACSYNC_KUSTOMER_API_KEY_FILE", Value: "/etc/acsync/kustomer_api_key"}); !slices.Contains(c.Env, want) {
		t.Errorf("got %v", c.Env)
	}
}

// TestAlerts holds rules to the form that Prometheus takes, and to figures that there are.
func TestAlerts(t *testing.T) {
	for name, j := range map[string]Job{"usual": job(), "awkward": awkward(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			file := files(t, "alerts", j)[0]
			checkRules(t, file, checkFigures)
		})
	}
}

// checkRules holds rules to the form that Prometheus takes.
func checkRules(t *testing.T, file File, check func(t *testing.T, expr string)) {
	t.Helper()
	var found struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For string
				Labels           struct{ Severity string }
				Annotations      struct{ Summary, Description string }
			}
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(file.Text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&found); err != nil {
		t.Fatalf("%v\n%s", err, file.Text)
	}
	names := map[string]bool{}
	for _, rule := range found.Groups[0].Rules {
		if _, err := time.ParseDuration(rule.For); err != nil || names[rule.Alert] ||
			rule.Annotations.Summary == "" || rule.Annotations.Description == "" ||
			!slices.Contains([]string{"critical", "warning"}, rule.Labels.Severity) {
			t.Errorf("got %+v, %v", rule, err)
		}
		names[rule.Alert] = true
		check(t, rule.Expr)
	}
	if len(names) < 10 {
		t.Errorf("got %v", names)
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Log("promtool is not there")
		return
	}
	path := filepath.Join(t.TempDir(), file.Name)
	if err := os.WriteFile(path, []byte(file.Text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "check", "rules", path).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// checkFigures holds an expression to figures that passes write, as far as their source is there.
func checkFigures(t *testing.T, expr string) {
	t.Helper()
	used := regexp.MustCompile(`acsync_(\w+)\{`).FindAllStringSubmatch(expr, -1)
	if len(used) == 0 && !strings.Contains(expr, "__name__") {
		t.Errorf("%s looks at no figure", expr)
	}
	bare := regexp.MustCompile(`"(\\.|[^"])*"`).ReplaceAllString(expr, "")
	if strings.Count(bare, "(") != strings.Count(bare, ")") || strings.Count(bare, "{") != strings.Count(bare, "}") {
		t.Errorf("%s has a bracket too many", expr)
	}
	source, err := os.ReadFile("../notify/textfile.go")
	if err != nil {
		return
	}
	for _, name := range used {
		if !bytes.Contains(source, []byte(`("`+name[1]+`"`)) {
			t.Errorf("no pass writes acsync_%s", name[1])
		}
	}
}

func TestDashboard(t *testing.T) {
	for name, j := range map[string]Job{"usual": job(), "awkward": awkward(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			file := files(t, "dashboard", j)[0]
			checkDashboard(t, file, checkFigures)
		})
	}
}

// checkDashboard holds a dashboard to the form that Grafana takes.
func checkDashboard(t *testing.T, file File, check func(t *testing.T, expr string)) {
	t.Helper()
	var d dashboard
	decoder := json.NewDecoder(strings.NewReader(file.Text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil || !strings.HasPrefix(file.Text, "{\n  \"description\": \"Import it") {
		t.Fatalf("%v\n%s", err, file.Text)
	}
	taken := map[[2]int]string{}
	for i, p := range d.Panels {
		if p.ID != i+1 || p.Title == "" || p.Datasource.UID != "${datasource}" {
			t.Errorf("got %+v", p)
		}
		check(t, p.Targets[0].Expr)
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Errorf("%s lies over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// TestFirstLines holds that each file says how it is installed, and which key files are missing.
func TestFirstLines(t *testing.T) {
	for kind, first := range map[string]string{"cron": "crontab -", "systemd": "nstall", "kubernetes": "kubectl apply", "alerts": "Install:"} {
		for _, f := range files(t, kind, job()) {
			head, _, _ := strings.Cut(f.Text, "\n\n")
			head, _, _ = strings.Cut(head, "\n---")
			if !strings.HasPrefix(head, "# ") || !strings.Contains(head, first) {
				t.Errorf("%s begins so:\n%s", f.Name, head)
			}
		}
		if kind == "alerts" {
			continue
		}
		if text := files(t, kind, job())[0].Text; !strings.Contains(text, "#   /etc/acsync/keys/kustomer_api_key\n") ||
			strings.Contains(text, "#   /etc/acsync/agent.key\n") {
			t.Errorf("%s names other keys:\n%s", kind, text)
		}
	}
}

// TestManual holds the manual to the crontab that it shows. UPDATE=1 writes it anew.
func TestManual(t *testing.T) {
	const path, begin, end = "../manual/schedule.md", "```cron\n", "```\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shown := job()
	shown.Keys = shown.Keys[1:]
	want := files(t, "cron", shown)[0].Text
	head, rest, _ := strings.Cut(string(text), begin)
	got, tail, found := strings.Cut(rest, end)
	switch {
	case !found:
		t.Fatal("the manual shows no crontab")
	case os.Getenv("UPDATE") != "":
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	case got != want:
		t.Errorf("the manual shows another crontab (UPDATE=1 writes it anew): got\n%s\nwant\n%s", got, want)
	}
}
