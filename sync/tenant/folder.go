package tenant

import (
	"errors"
	"maps"

	"golang.org/x/sync/errgroup"

	"acsync/sync/config"
)

// loadedAtOnce is how many tenants are loaded at the same time: a command that tells a secret may take
// seconds.
const loadedAtOnce = 8

// Folder is a directory with many tenants.
type Folder struct {
	config.Folder
	source    config.Source
	databases *Databases
}

// OpenFolder lists the tenants of a directory; see [config.OpenFolder]. The source says what is common to
// them.
func OpenFolder(dir string, source config.Source, databases *Databases) (Folder, error) {
	list, err := config.OpenFolder(dir, source)
	return Folder{list, source, databases}, err
}

// Member is a tenant of a folder, or why it is none.
type Member struct {
	Name     string
	Tenant   *Tenant           // nil: it is broken
	Broken   error             // [config.Faults]; nil: it can be served
	Warnings []string          // of what works, and hardly as it was meant
	Origins  map[string]string // where each key has come from; see [config.Source].Origins
}

// Load loads one tenant, and refuses it where another one of the folder has the same accounts or the same
// files.
func (f Folder) Load(name string) Member { return f.load([]string{name})[0] }

// All loads all tenants, in the order of their names. Those that are broken keep nobody else from being
// served.
func (f Folder) All() []Member { return f.load(f.Names) }

func (f Folder) load(names []string) []Member {
	all := f.plain()
	refused, shared := config.Collisions(all)
	members := make([]Member, len(names))
	var work errgroup.Group
	work.SetLimit(loadedAtOnce)
	for i, name := range names {
		work.Go(func() error {
			members[i] = f.one(name, refused[name])
			members[i].Warnings = append(members[i].Warnings, shared[name]...)
			return nil
		})
	}
	_ = work.Wait() // each has its own error
	return members
}

// Plain is what all tenants say that can be served, without their secrets: no file of them is opened.
func (f Folder) Plain() map[string]config.Config {
	all := f.plain()
	refused, _ := config.Collisions(all)
	maps.DeleteFunc(all, func(name string, _ config.Config) bool { return len(refused[name]) > 0 })
	return all
}

// plain is what all tenants say, without their secrets. Who cannot be read collides with nobody.
func (f Folder) plain() map[string]config.Config {
	all := map[string]config.Config{}
	for _, name := range f.Names {
		source := f.Source(name, config.Source{Env: f.source.Env, ReadOnly: true, Plain: true})
		if cfg, err := config.Load(source); err == nil {
			all[name] = cfg
		}
	}
	return all
}

func (f Folder) one(name string, refused config.Faults) Member {
	m := Member{Name: name}
	source := f.Source(name, f.source)
	source.Origins = func(origins map[string]string) { m.Origins = origins }
	source.Warn = func(text string) { m.Warnings = append(m.Warnings, text) }
	cfg, err := Load(source)
	var faults config.Faults
	for _, each := range refused {
		each.File, each.Source = source.Path, config.SourceFile
		faults = append(faults, each)
	}
	if wrong, ok := errors.AsType[config.Faults](err); ok {
		faults = append(faults, wrong...)
	}
	switch {
	case len(faults) > 0:
		m.Broken = faults
	case err != nil:
		m.Broken = err
	default:
		m.Tenant = &Tenant{Config: cfg, Name: name, Env: f.source.Env, Databases: f.databases}
		m.Warnings = append(m.Warnings, cfg.Warnings()...)
	}
	return m
}
