package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"acsync/store/bolt"
	"acsync/sync/exit"
	"acsync/sync/schedule"
)

const scheduleHelp = `Prints files that are ready to be installed, each of which says in its first
lines how: with the absolute paths of this program, the configuration, the ledger and
the files of the keys. No key stands in them, and none is read. What the environment says now, and a
schedule would not have, is written into them.`

func scheduleCommand(l *commandLine) *cli.Command {
	const image = "acsync:latest"
	part := func(kind, usage, examples string, flags ...cli.Flag) *cli.Command {
		one := offline(l, func(s *session) error { return writeSchedule(s, kind) })
		act := func(c *cli.Context) error {
			if c.String(flagConfigDir) != "" {
				return writeFleetSchedule(l, c, kind)
			}
			if err := refuseForOne(c); err != nil {
				return err
			}
			return one(c)
		}
		return command(&cli.Command{
			Name: kind, Usage: usage, UsageText: examples, Description: scheduleHelp, Action: act,
			Flags: append(flags,
				preset(flagEvery, "15m", "make a pass each `DURATION` that divides an hour or a day"),
				preset(flagName, "acsync", "call the files, and what they install, `NAME`"),
				value(flagOut, "write the files into `DIR`, and not to stdout")),
		})
	}
	reports := func() cli.Flag {
		return values(flagReport, "let each pass write a report to `FILE`, in place of that of the pass before")
	}
	workers := func() cli.Flag {
		return toggle(flagWorkers, "with --config-dir: for workers, which stay and make whatever pass is due")
	}
	return group(&cli.Command{
		Name: "schedule", Category: groupSetUp,
		Usage: "print ready files for cron, systemd, Kubernetes and alerts",
		Subcommands: []*cli.Command{
			part("cron", "print a crontab, and how its logs are rotated",
				`acsync schedule cron  # look at it; its first lines say how it is installed
acsync schedule cron --every 30m --report /var/www/acsync.html  # each half hour, with a page`, reports()),
			part("systemd", "print a service, its timer, and what follows when it fails",
				`acsync schedule systemd --out units  # files, to be looked at
acsync schedule systemd --every 5m --name acsync-acme  # of one organisation among several
acsync schedule systemd --config-dir /etc/acsync  # an instance for each of many organisations
acsync schedule systemd --config-dir /etc/acsync --workers  # a worker that makes whatever pass is due`,
				reports(), workers(),
				toggle(flagAll, "with --config-dir: one service that makes the passes of all tenants")),
			part("kubernetes", "print a CronJob, its disks, and the job that makes the ledger",
				`acsync schedule kubernetes --image registry.example.com/acsync:1  # for kubectl apply
acsync schedule kubernetes --config-dir /etc/acsync  # a CronJob for each of many organisations
acsync schedule kubernetes --config-dir /etc/acsync --workers  # a Deployment of workers`,
				reports(), workers(), preset(flagImage, image, "the container `IMAGE` with acsync")),
			part("alerts", "print rules for Prometheus",
				`acsync schedule alerts --out rules  # for rule_files of Prometheus
acsync schedule alerts --config-dir /etc/acsync --workers  # for the figures of workers`, workers()),
			part("dashboard", "print a dashboard for Grafana",
				`acsync schedule dashboard --out .  # to be imported in Grafana
acsync schedule dashboard --config-dir /etc/acsync --workers  # for the figures of workers`, workers()),
		},
	}, "schedule: cron, systemd, kubernetes, alerts or dashboard")
}

func writeSchedule(s *session, kind string) error {
	if s.tenant.Demo != nil {
		return usagef("the stand-ins of --%s end with each command, so that no schedule can use them: serve "+
			"some by acsync sandbox --out sandbox.toml, and give --config sandbox.toml", flagSandbox)
	}
	job, err := scheduledJob(s)
	if err != nil {
		return err
	}
	files, err := schedule.Files(kind, job)
	if err != nil {
		return usagef("%v", err)
	}
	if kind == "alerts" || kind == "dashboard" {
		warnOfMetrics(s, job)
	} else {
		warnOfKeys(s, job)
	}
	if kind == "kubernetes" && job.Metrics != "" {
		s.terminal.logger(s.stderr).Warn(metricsKey + " names a file that a pod does not have, and without which no " +
			"pass begins: leave it out of the configuration that goes into the cluster")
	}
	return giveFiles(s, kind, files)
}

// refuseForOne refuses what is for many tenants.
func refuseForOne(c *cli.Context) error {
	for _, flag := range []string{flagAll, flagWorkers} {
		if c.Bool(flag) {
			return exit.Advise(usagef("--%s goes with --%s DIR; nothing was written", flag, flagConfigDir), "",
				"organisations")
		}
	}
	return nil
}

// giveFiles writes files into the directory of --out, or prints them.
func giveFiles(s *session, kind string, files []schedule.File) (err error) {
	dir := s.c.String(flagOut)
	if dir != "" {
		err = writeScheduleFiles(dir, files)
	}
	switch {
	case err != nil:
		return err
	case s.c.Bool(flagJSON):
		return s.printJSON(map[string]any{"schema": "acsync.schedule/1", "kind": kind, "dir": dir, "files": files})
	}
	for _, file := range files {
		text := file.Text
		if dir != "" {
			text = "wrote " + filepath.Join(dir, file.Name) + "\n"
		}
		if _, err := fmt.Fprint(s.stdout, text); err != nil {
			return err
		}
	}
	return nil
}

// warnOfKeys says which keys a schedule would not have.
func warnOfKeys(s *session, job schedule.Job) {
	for _, key := range job.Missing() {
		s.terminal.logger(s.stderr).Warn("a schedule does not have this key yet: write it into " + key.File +
			", for its owner alone")
	}
}

// warnOfMetrics says that there is nothing to watch yet.
func warnOfMetrics(s *session, job schedule.Job) {
	if job.Metrics == "" {
		s.terminal.logger(s.stderr).Warn("passes write no figures yet: set " + metricsKey)
	}
}

// writeScheduleFiles replaces files of its own alone. They hold no secret, and are for whoever installs them.
func writeScheduleFiles(dir string, files []schedule.File) error {
	if err := bolt.MakeDir(dir, 0o755); err != nil {
		return usagef("--%s %q: %v", flagOut, dir, err)
	}
	var outs []output
	for _, file := range files {
		path := filepath.Join(dir, file.Name)
		if was, err := os.ReadFile(path); err == nil && !strings.Contains(string(was), "acsync") {
			return usagef("--%s: %s is none of acsync's files; move it away, or choose another --%s; nothing was "+
				"written", flagOut, path, flagName)
		}
		if err := bolt.MakeDir(filepath.Dir(path), 0o755); err != nil {
			return usagef("--%s %q: %v", flagOut, filepath.Dir(path), err)
		}
		out, err := newOutput(flagOut, path)
		if err != nil {
			return err
		}
		outs = append(outs, out)
	}
	for i, out := range outs {
		err := out.write([]byte(files[i].Text))
		if err == nil {
			err = os.Chmod(out.real, 0o644)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", out.path, err)
		}
	}
	return nil
}
