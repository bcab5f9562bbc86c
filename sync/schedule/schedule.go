// Package schedule writes the files that let the passes of one configuration run by themselves: a crontab,
// the units of systemd, the objects of Kubernetes; and those that watch over them, rules of Prometheus and a
// dashboard of Grafana. It knows no command line and reads nothing: a [Job] says it all. No file holds a key;
// they name the files that do.
package schedule

import (
	"errors"
	"fmt"
)

// File is one that a kind consists of.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Files are the files of a kind: cron, systemd, kubernetes, alerts or dashboard. Its error is a job that the
// kind cannot carry out.
func Files(kind string, j Job) ([]File, error) {
	if kind == "kubernetes" && j.InDatabase() && len(j.Reports) > 0 {
		return nil, errors.New("a report would be lost with its pod, which keeps no file: leave --report out; acsync " +
			"passes and acsync report read the database from any machine")
	}
	var view any
	var names []string
	switch kind {
	case "cron":
		view, names = crontab{j}, []string{".crontab"}
	case "systemd":
		view, names = units{j}, []string{".service", ".timer", "-failed.service"}
	case "kubernetes":
		view, names = cluster{j}, []string{"-init.yaml", ".yaml"}
	case "alerts":
		view, names = watch{Job: j}, []string{"-alerts.yaml"}
	case "dashboard":
		text, err := watch{Job: j}.Dashboard()
		return []File{{j.Name + "-dashboard.json", text}}, err
	default:
		return nil, fmt.Errorf("there is no kind of schedule %q", kind)
	}
	var files []File
	for _, name := range names {
		text, err := render("job"+name+".tmpl", view)
		if err != nil {
			return nil, err
		}
		files = append(files, File{j.Name + name, text})
	}
	if kind == "cron" {
		return files, checkCrontab(files[0].Text)
	}
	return files, nil
}
