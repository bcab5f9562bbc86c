package schedule

import (
	"errors"
	"fmt"
	"slices"
)

// FleetFiles are the files of a kind: systemd, kubernetes, alerts or dashboard. Its error is a fleet that
// the kind cannot carry out.
func FleetFiles(kind string, f Fleet) ([]File, error) {
	if len(f.Members) == 0 {
		return nil, errors.New("there is no tenant whose file is sound; acsync tenants check tells what is wrong")
	}
	inFile := slices.IndexFunc(f.Members, func(m Member) bool { return !m.Database })
	needsDatabase := kind == "kubernetes" || kind == "systemd" && f.Shape == Workers
	if needsDatabase && inFile >= 0 {
		return nil, fmt.Errorf("the ledger of %s is a file, which belongs to one machine: keep it in a "+
			"database (ledger.url_file; acsync ledger move takes it there), or make the passes on that machine: "+
			"acsync schedule systemd --config-dir %s", f.Members[inFile].Name, ShellWord(f.Dir))
	}
	switch {
	case kind == "kubernetes":
		return clusterFleet{f}.files()
	case kind == "systemd":
		return unitFleet{f}.files()
	case kind == "alerts" && f.Shape != Workers:
		text, err := render("job-alerts.yaml.tmpl", watchOver(f))
		return []File{{f.Name + "-alerts.yaml", text}}, err
	case kind == "alerts":
		return workWatch{f}.alerts()
	case kind == "dashboard" && f.Shape == Workers:
		return workWatch{f}.dashboard()
	}
	return nil, fmt.Errorf("the files of %s are for a single configuration, or for workers (--workers)", kind)
}

// watchOver is what watches over the figures that the passes of all write into files.
func watchOver(f Fleet) watch {
	w := watch{Job{Name: f.Name, Every: f.Every, MaxAge: f.MaxAge}, f.Dir}
	// Only when all write theirs is there something to look at.
	if !slices.ContainsFunc(f.Members, func(m Member) bool { return m.Metrics == "" }) {
		w.Metrics = f.Members[0].Metrics
	}
	return w
}
