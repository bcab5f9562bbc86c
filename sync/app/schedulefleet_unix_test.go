//go:build unix

package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// TestScheduledInstance carries the unit of a tenant out as systemd does: it has the credentials and the variables that
// the unit names, and nothing else. Customers are asked once, by whichever tenant they are of.
func TestScheduledInstance(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "acme", "globex")
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_credential = '{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\napi_key_credential = '{tenant}.connect'\n")
	run := func(env []string, args ...string) (code int, out, errs string) {
		env = append(env, "HOME="+f.dir, "FIXED_NOW="+f.now.Format(time.RFC3339Nano))
		result, err := stay(commandCall{append([]string{"acsync"}, args...), env, f.dir})
		if err != nil {
			t.Fatal(err)
		}
		return result.Code, string(result.Out), string(result.Errs)
	}
	code, units, errs := run(nil, "schedule", "systemd", "--config-dir", f.dir)
	if code != 0 || errs != "" {
		t.Fatalf("%d: %s", code, errs)
	}
	// As its first lines say.
	byHand := regexp.MustCompile(`(?m)^# Each tenant needs its ledger first: (CREDENTIALS_DIRECTORY=\S+) \S+ (init .*)$`).FindStringSubmatch(units)
	if byHand == nil {
		t.Fatalf("it is not said how ledgers are made:\n%s", units)
	}
	for _, tenant := range []string{"acme", "globex"} {
		args := strings.Fields(strings.ReplaceAll(byHand[2], "TENANT", tenant))
		if code, _, errs := run([]string{byHand[1]}, append(args, "--start", "1h ago")...); code != 0 {
			t.Fatalf("init of %s: %d: %s", tenant, code, errs)
		}
		for range 2 {
			env, args := asSystemd(t, units, tenant)
			if code, out, errs := run(env, args...); code != 0 && code != 3 {
				t.Errorf("%s: %d: %s%s", tenant, code, out, errs)
			}
		}
		if all, most := f.asked(t, tenant); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, up to %d times", tenant, all, most)
		}
	}
}

// asSystemd is what systemd makes of the first service of some units, for an instance.
func asSystemd(t *testing.T, units, instance string) (env, args []string) {
	t.Helper()
	service, _, _ := strings.Cut(units, "\n[Timer]")
	credentials := t.TempDir()
	fill := strings.NewReplacer("%i", instance, "%d", credentials, "%%", "%")
	for line := range strings.Lines(service) {
		key, value, _ := strings.Cut(strings.TrimSpace(fill.Replace(line)), "=")
		switch key {
		case "LoadCredential":
			name, file, _ := strings.Cut(value, ":")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(credentials, name), text, 0o400); err != nil {
				t.Fatal(err)
			}
		case "Environment":
			env = append(env, value)
		case "ExecStart":
			args = strings.Fields(value)[1:]
		}
	}
	return append(env, "CREDENTIALS_DIRECTORY="+credentials), args
}

// scheduledPod is what of a pod counts for the process in it.
type scheduledPod struct {
	Volumes []struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
		Secret    struct {
			Items []struct{ Key, Path string }
		}
	}
	Containers []struct {
		Args         []string
		Env          []struct{ Name, Value string }
		VolumeMounts []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			SubPath   string `yaml:"subPath"`
		} `yaml:"volumeMounts"`
	}
}

// enter lays a pod out in a folder that its own paths lead to, with the files of objects by their keys, as Kubernetes
// mounts them: behind a link to the directory of one version. Credentials get a place of the test's own.
func (p scheduledPod) enter(t *testing.T, objects map[string]string) (env, args []string) {
	t.Helper()
	c, credentials := p.Containers[0], t.TempDir()
	for _, v := range c.Env {
		env = append(env, v.Name+"="+strings.ReplaceAll(v.Value, "/run/acsync/credentials", credentials))
	}
	put := func(path, text string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range p.Volumes {
		m := c.VolumeMounts[i]
		at := strings.ReplaceAll(m.MountPath, "/run/acsync/credentials", credentials)
		switch {
		case m.SubPath != "":
			put(at, objects[m.SubPath])
		case v.ConfigMap.Name != "":
			for name, text := range objects {
				if strings.HasSuffix(name, ".toml") && !strings.HasPrefix(name, "_") {
					put(filepath.Join(at, "..1", name), text)
					_ = os.Symlink(filepath.Join("..data", name), filepath.Join(at, name))
				}
			}
			_ = os.Symlink("..1", filepath.Join(at, "..data"))
		}
		for _, item := range v.Secret.Items {
			text, held := objects[item.Key]
			if !held {
				t.Errorf("the first lines put no %s into the Secret", item.Key)
			}
			put(filepath.Join(at, item.Path), text)
		}
	}
	return env, c.Args
}

// TestScheduledPod makes the passes of a tenant as pods of Kubernetes do that have nothing but what is mounted, two at
// once: nobody is asked twice.
func TestScheduledPod(t *testing.T) {
	t.Parallel()
	address, _ := inDatabase(t)
	f := newFleet(t, "acme", "globex")
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_credential = '{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\napi_key_file = 'secrets/{tenant}.connect'\n"+
		"[ledger]\nurl_file = 'secrets/ledger.url'\n")
	f.write(t, "secrets/ledger.url", address)
	out, _ := f.run(t, 0, "schedule", "kubernetes", "--json")
	var printed struct{ Files []struct{ Name, Text string } }
	if err := json.Unmarshal([]byte(out), &printed); err != nil {
		t.Fatal(err)
	}
	// What the first lines put into the cluster.
	objects := map[string]string{}
	take := func(key, file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		objects[key] = string(text)
	}
	take("_defaults.toml", filepath.Join(f.dir, "_defaults.toml"))
	for _, name := range []string{"acme.toml", "globex.toml"} {
		take(name, filepath.Join(f.dir, "tenants", name))
	}
	for _, entry := range regexp.MustCompile(`(?m)--from-file=([^=\s]+)=(\S+)`).FindAllStringSubmatch(printed.Files[0].Text, -1) {
		take(entry[1], entry[2])
	}
	for _, name := range []string{"tenants", "secrets", "_defaults.toml"} {
		if err := os.Rename(filepath.Join(f.dir, name), filepath.Join(t.TempDir(), name)); err != nil {
			t.Fatal(err)
		}
	}
	pods := map[string]scheduledPod{}
	for _, file := range printed.Files {
		for text := range strings.SplitSeq(file.Text, "\n---\n") {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
				Spec     struct {
					Template    struct{ Spec scheduledPod }
					JobTemplate struct {
						Spec struct{ Template struct{ Spec scheduledPod } }
					} `yaml:"jobTemplate"`
				}
			}
			if err := yaml.Unmarshal([]byte(text), &o); err != nil {
				t.Fatal(err)
			}
			switch o.Kind {
			case "Job":
				pods[o.Metadata.Name] = o.Spec.Template.Spec
			case "CronJob":
				pods[o.Metadata.Name] = o.Spec.JobTemplate.Spec.Template.Spec
			}
		}
	}
	run := func(pod string, more ...string) {
		env, args := pods[pod].enter(t, objects)
		env = append(env, "HOME="+f.dir, "FIXED_NOW="+f.now.Format(time.RFC3339Nano))
		result, err := stay(commandCall{append(append([]string{"acsync"}, args...), more...), env, "/"})
		if err != nil || result.Code != 0 {
			t.Errorf("%s: %v, exit code %d: %s%s", pod, err, result.Code, result.Out, result.Errs)
		}
	}
	run("acsync-init-acme", "--start", "1h ago")
	var both sync.WaitGroup
	both.Go(func() { run("acsync-acme") })
	run("acsync-acme")
	both.Wait()
	if all, most := f.asked(t, "acme"); all == 0 || most != 1 {
		t.Errorf("%d asked, up to %d times", all, most)
	}
	if all, _ := f.asked(t, "globex"); all != 0 {
		t.Errorf("%d of another tenant were asked", all)
	}
}

// TestScheduledWorker carries the unit of a worker out as systemd does, until nobody is due any more.
func TestScheduledWorker(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "acme", "globex")
	f.inDatabase(t)
	text, err := os.ReadFile(filepath.Join(f.dir, "_defaults.toml"))
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`(?m)^url = '(.*)'$`).FindStringSubmatch(string(text))[1]
	f.write(t, "_defaults.toml", "[kustomer]\nrequests_per_minute = 60000\nsearches_per_minute = 60000\n"+
		"api_key_credential = '{tenant}.kustomer'\n[agent_connect]\nrequests_per_minute = 60000\napi_key_credential = '{tenant}.connect'\n"+
		"[ledger]\nurl_file = 'secrets/ledger.url'\n")
	f.write(t, "secrets/ledger.url", address)
	units, _ := f.run(t, 0, "schedule", "systemd", "--workers")
	env, args := asSystemd(t, units, "")
	env = append(env, "HOME="+f.dir, "FIXED_NOW="+f.now.Format(time.RFC3339Nano))
	// Another address than that of the unit: tests run beside each other.
	args = append(append([]string{"acsync"}, args...), "--listen", "127.0.0.1:0", "--once")
	result, err := stay(commandCall{args, env, f.dir})
	if err != nil || result.Code != 0 {
		t.Fatalf("%v: %v, exit code %d: %s%s", args, err, result.Code, result.Out, result.Errs)
	}
	for _, tenant := range []string{"acme", "globex"} {
		if all, most := f.asked(t, tenant); all == 0 || most != 1 {
			t.Errorf("%s: %d asked, up to %d times", tenant, all, most)
		}
	}
}
