package schedule

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"acsync/sync/exit"
)

// clusterFleet is a fleet as Kubernetes carries it out. The folder has the same path in a container as
// here, so that all paths in its files mean the same.
type clusterFleet struct{ Fleet }

// containerCredentials is where a container has the keys that files name by api_key_credential and the like.
const containerCredentials = "/run/acsync/credentials"

// The names that objects of Kubernetes may have: of a CronJob, whose jobs get eleven characters more, and
// of a job.
const (
	mostOfCronJob = 52
	mostOfJob     = 63
)

// secretKey is what a key of a Secret may be called.
var secretKey = regexp.MustCompile(`^[-._a-zA-Z0-9]{1,253}$`)

func (c clusterFleet) files() ([]File, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	passes := "fleet-cronjobs.yaml.tmpl"
	if c.Shape == Workers {
		passes = "fleet-work.yaml.tmpl"
	}
	var files []File
	for _, each := range []struct{ name, template string }{
		{c.Name + "-init.yaml", "fleet-init.yaml.tmpl"}, {c.Name + ".yaml", passes},
	} {
		text, err := render(each.template, c)
		if err != nil {
			return nil, err
		}
		files = append(files, File{each.name, text})
	}
	return files, nil
}

// check refuses what pods would not find, or would lose.
func (c clusterFleet) check() error {
	all := c.mounts(c.Members)
	for _, one := range all {
		for _, other := range all {
			if one.At != other.At && below(one.At, other.At) {
				return fmt.Errorf("files with keys lie in %s and below that in %s, which a pod cannot have "+
					"both: put them side by side", other.At, one.At)
			}
		}
	}
	if c.Shape == Together {
		return errors.New("in Kubernetes each tenant has a CronJob of its own, or workers make the passes of all: " +
			"leave --all out, or give --workers")
	}
	for _, m := range c.Members {
		if m.Metrics != "" {
			return fmt.Errorf("notify.prometheus_textfile of %s names the file %s, which a pod does not keep, "+
				"and without which no pass begins: leave it out of the folder; workers (--workers) serve the "+
				"figures themselves", m.Name, m.Metrics)
		}
		for _, k := range m.Keys {
			of := k.Key + " of " + m.Name
			switch {
			case k.Kept == Inline:
				return fmt.Errorf("%s stands in the configuration itself, which is no place for it in a "+
					"cluster: keep it in a file, and name that in %s_file", of, k.Key)
			case k.Kept == InFile && c.beside(k.Name):
				return fmt.Errorf("the file %s (%s) lies among the configuration, where a pod cannot have it: "+
					"put the files with keys into a directory of their own, such as %s/secrets", k.Name, of, c.Dir)
			case k.Kept == AsCredential && !secretKey.MatchString(k.Name):
				return fmt.Errorf("%s is kept as %q, which no Secret of Kubernetes can hold: use letters, "+
					"digits, dots, hyphens and underscores", of, k.Name)
			}
		}
	}
	return nil
}

// beside reports whether a file lies among those of the tenants, or above the folder: nothing can be
// mounted there.
func (c clusterFleet) beside(file string) bool {
	dir := path.Dir(file)
	return below(dir, c.Dir+"/tenants") || dir != c.Dir && below(c.Dir, dir)
}

// below reports whether a path is a directory or lies in it.
func below(path, dir string) bool {
	return strings.HasPrefix(path+"/", strings.TrimSuffix(dir, "/")+"/")
}

// secretItem is a key of a Secret, and the name of the file that it becomes.
type secretItem struct{ Key, Path string }

// mount is a directory with keys in a container, or a single file beside the configuration.
type mount struct {
	Name    string
	At      string
	SubPath string // empty: it is a directory
	Items   []secretItem
}

// entry is what the Secret holds of a key, under a name of its own.
type entry struct{ Key, File string }

// keyOf is the name in the Secret of a key that is kept in a file. One file has one name, however many use
// it.
func (c clusterFleet) keyOf(file string) string {
	for _, m := range c.Members {
		for _, k := range m.Keys {
			if k.Kept == InFile && k.Name == file {
				return m.Name + "." + strings.ReplaceAll(k.Key, ".", "_")
			}
		}
	}
	return path.Base(file)
}

// Entries are what the Secret holds.
func (c clusterFleet) Entries() (all []entry) {
	seen := map[string]bool{}
	for _, m := range c.Members {
		for _, k := range m.Keys {
			e := entry{File: k.File}
			switch k.Kept {
			case InFile:
				e.Key = c.keyOf(k.Name)
			case AsCredential:
				e.Key = k.Name
			case InVariable:
				e = entry{k.Name, "FILE-WITH-" + k.Name}
			case ByCommand, Inline:
				continue
			}
			if !seen[e.Key] {
				all, seen[e.Key] = append(all, e), true
			}
		}
	}
	return all
}

// mounts are the directories with the keys of some tenants.
func (c clusterFleet) mounts(members []Member) (all []mount) {
	add := func(name, at, subPath string, item secretItem) {
		i := slices.IndexFunc(all, func(m mount) bool { return m.At == at })
		if i < 0 {
			i = len(all)
			all = append(all, mount{Name: name, At: at, SubPath: subPath})
		}
		if !slices.Contains(all[i].Items, item) {
			all[i].Items = append(all[i].Items, item)
		}
	}
	for _, m := range members {
		for _, k := range m.Keys {
			name, base := fmt.Sprintf("keys-%d", len(all)), path.Base(k.Name)
			switch dir := path.Dir(k.Name); {
			case k.Kept == AsCredential:
				add("credentials", containerCredentials, "", secretItem{k.Name, k.Name})
			case k.Kept != InFile:
			case dir == c.Dir:
				add(name, k.Name, base, secretItem{c.keyOf(k.Name), base})
			default:
				add(name, dir, "", secretItem{c.keyOf(k.Name), base})
			}
		}
	}
	return all
}

// podOfFleet is a pod for some of the tenants.
type podOfFleet struct {
	clusterFleet
	Args   []string
	Mounts []mount
	// of those that the environment holds
	FromSecret []string
	Worker     bool
}

// HasCredentials reports whether any key is handed over as systemd does it.
func (p podOfFleet) HasCredentials() bool {
	return slices.ContainsFunc(p.Mounts, func(m mount) bool { return m.Name == "credentials" })
}

// ContainerSettings are those that mean the same in a container.
func (p podOfFleet) ContainerSettings() []Variable {
	return cluster{Job{Settings: p.Settings}}.ContainerSettings()
}

// pod is the specification of a pod for some of the tenants, so many columns in.
func (c clusterFleet) pod(indent int, members []Member, args ...string) (string, error) {
	p := podOfFleet{clusterFleet: c, Args: args, Mounts: c.mounts(members), Worker: args[0] == "work"}
	for _, k := range (Fleet{Members: members}).held(InVariable) {
		p.FromSecret = append(p.FromSecret, k.Name)
	}
	text, err := render("fleet-pod", p)
	margin := strings.Repeat(" ", indent)
	return margin + strings.ReplaceAll(text, "\n", "\n"+margin), err
}

// PassPod is the pod that makes a pass for a tenant.
func (c clusterFleet) PassPod(indent int, m Member) (string, error) {
	return c.pod(indent, []Member{m}, "run", "--config-dir", c.Dir, "--tenant", m.Name, "--if-locked",
		"wait="+c.WaitFlag(), "--json", "--log-level", "info", "--success-codes", successCodes)
}

// InitPod is the pod that makes the ledger of a tenant.
func (c clusterFleet) InitPod(indent int, m Member) (string, error) {
	return c.pod(indent, []Member{m}, "init", "--config-dir", c.Dir, "--tenant", m.Name, "--start", "now")
}

// WorkPod is the pod of a worker.
func (c clusterFleet) WorkPod(indent int) (string, error) {
	return c.pod(indent, c.Members, "work", "--config-dir", c.Dir, "--listen", "0.0.0.0:9464",
		"--drain", c.WorkDrain(), "--every", c.EveryFlag(), "--log-level", "info", "--log-format", "json")
}

// Schedule is when the passes of a tenant begin: each has its own minute.
func (c clusterFleet) Schedule(m Member) string { return c.Every.CronAt(m.Name) }

// CronJob is the name of the object of a tenant.
func (c clusterFleet) CronJob(m Member) string { return shortened(c.Name+"-"+m.Name, mostOfCronJob) }

// InitJob is the name of the job that makes the ledger of a tenant.
func (c clusterFleet) InitJob(m Member) string { return shortened(c.Name+"-init-"+m.Name, mostOfJob) }

// shortened keeps long names apart by a hash at their end.
func shortened(name string, most int) string {
	if len(name) <= most {
		return name
	}
	end := fmt.Sprintf("-%08x", uint32(hashed(name)))
	return strings.TrimRight(name[:most-len(end)], "-") + end
}

// Hopeless are the exit codes after which no second try helps: somebody has to look.
func (c clusterFleet) Hopeless() []int {
	return []int{
		int(exit.Credentials), int(exit.LedgerMissing), int(exit.Usage), int(exit.Fuse), int(exit.LedgerDamaged),
	}
}

// Programs are those that tell keys, and that the image must have.
func (c clusterFleet) Programs() string {
	var names []string
	for _, k := range c.held(ByCommand) {
		names = append(names, k.Name)
	}
	return strings.Join(distinct(names), ", ")
}
