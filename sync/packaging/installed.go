package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"acsync/sync/config"
	"acsync/sync/schedule"
)

// Where packages put things, and who makes the passes.
const (
	program   = "/usr/bin/acsync"
	directory = "/etc/acsync"
	state     = "/var/lib/acsync"
	backup    = "/var/lib/acsync-backup"
	account   = "acsync"
)

// places are the keys of the configuration that say where things are. All others keep their defaults.
var places = []struct{ section, key, value string }{
	{"kustomer", "api_key_file", "keys/kustomer_api_key"},
	{"agent_connect", "api_key_file", "keys/agent_connect_api_key"},
	{"ledger", "path", state + "/acsync.db"},
	{"ledger", "witness", backup},
	{"ledger", "backup_dir", backup},
}

const (
	exampleHead   = "Every key stands here with its default, so that an empty file and this one mean the same."
	installedHead = "Every key stands here with its default, but for those that name the places of the\n" +
		"# package: both api_key_file, and path, witness and backup_dir of the ledger."
)

// configuration is the example with the places of the packages.
func configuration(example string) (string, error) {
	if !strings.Contains(example, exampleHead) {
		return "", fmt.Errorf("config.example.toml does not begin as it did: there is no %q", exampleHead)
	}
	lines := strings.Split(strings.Replace(example, exampleHead, installedHead, 1), "\n")
	for _, place := range places {
		if !set(lines, place.section, place.key, place.value) {
			return "", fmt.Errorf("config.example.toml has no key %s.%s", place.section, place.key)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// set changes the line of a key, and reports whether there is one.
func set(lines []string, section, key, value string) bool {
	within := false
	for i, line := range lines {
		if strings.HasPrefix(line, "[") {
			within = line == "["+section+"]"
		}
		if within && strings.HasPrefix(line, key+" = ") {
			lines[i] = key + " = " + strconv.Quote(value)
			return true
		}
	}
	return false
}

// units are those that acsync schedule systemd writes on a machine with the package.
func units(configured string) (made []file, err error) {
	cfg, err := load(configured)
	if err != nil {
		return nil, fmt.Errorf("load the configuration of the packages: %w", err)
	}
	job := schedule.Job{
		Name: "acsync", User: account,
		Program: program, Config: directory + "/config.toml", Ledger: cfg.Ledger.Path,
		Every: schedule.Every(15 * time.Minute), Drain: time.Duration(cfg.Sync.Drain),
		Writes: []string{filepath.Dir(cfg.Ledger.Path)}, MayWrite: []string{cfg.Ledger.BackupDir},
	}
	variables := config.Variables()
	for _, key := range []string{"kustomer.api_key", "agent_connect.api_key"} {
		name := strings.ReplaceAll(key, ".", "_")
		job.Keys = append(job.Keys, schedule.Key{
			Name: name, Variable: variables[key+"_file"], File: directory + "/keys/" + name, Missing: true,
			Configured: true,
		})
	}
	files, err := schedule.Files("systemd", job)
	for _, f := range files {
		made = append(made, file{"systemd/" + f.Name, f.Text})
	}
	return made, err
}

// load reads a configuration as a machine with the package would, where there are keys.
func load(configured string) (config.Config, error) {
	dir, err := os.MkdirTemp("", "acsync-packaging-")
	if err != nil {
		return config.Config{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(configured), 0o600); err != nil {
		return config.Config{}, err
	}
	return config.Load(config.Source{
		Path: path, ReadOnly: true,
		Env: []string{"ACSYNC_KUSTOMER_ORG=acme", "KUSTOMER_API_KEY=none", "AGENT_CONNECT_API_KEY=none"},
	})
}
