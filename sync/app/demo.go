package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/urfave/cli/v2"

	"acsync/store"
	"acsync/sync/config"
	"acsync/sync/sandbox"
	"acsync/sync/tenant"
)

// newDemo starts the stand-ins of --sandbox, and points a configuration at them: the file is read only if the
// command line names one.
func newDemo(l *commandLine, c *cli.Context) (*tenant.Tenant, func() error, error) {
	stand, err := sandbox.Start(sandbox.Options{Now: l.now})
	if err != nil {
		return nil, nil, err
	}
	source := config.Source{Env: l.env, Override: func(cfg *config.Config) { pointAt(cfg, stand) }}
	if c.IsSet(flagConfig) {
		source.Path = c.String(flagConfig)
	}
	t := &tenant.Tenant{Name: "sandbox", Demo: &tenant.Demo{Start: stand.Start(), Known: known(stand)}}
	t.Config, err = tenant.Load(source)
	if err == nil {
		t.Config.Ledger.Path, err = demoLedger(l)
	}
	if err != nil {
		return nil, nil, errors.Join(err, stand.Close())
	}
	return t, stand.Close, nil
}

// pointAt lets a configuration use the stand-ins, at a pace that suits a demonstration.
func pointAt(cfg *config.Config, stand *sandbox.Sandbox) {
	cfg.Kustomer.Org, cfg.Kustomer.BaseURL = stand.Org(), stand.KustomerURL()
	cfg.Kustomer.APIKey, cfg.Kustomer.APIKeyFile = config.NewSecret(stand.KustomerKey()), ""
	cfg.Kustomer.RequestsPerMinute, cfg.Kustomer.SearchesPerMinute = 6000, 3000
	cfg.AgentConnect.Subdomain, cfg.AgentConnect.BaseURL = "", stand.AgentConnectURL()
	cfg.AgentConnect.APIKey, cfg.AgentConnect.APIKeyFile = config.NewSecret(stand.AgentConnectKey()), ""
	cfg.AgentConnect.APISecret, cfg.AgentConnect.APISecretFile = config.Secret{}, ""
	if cfg.Filters.RequireActiveProfile {
		cfg.AgentConnect.APISecret = config.NewSecret(stand.AgentConnectSecret())
	}
	cfg.AgentConnect.RequestsPerMinute = 4500
}

// demoLedger is the path of the stand-ins' own ledger, in the user's cache directory.
func demoLedger(l *commandLine) (string, error) {
	cache := l.lookup("XDG_CACHE_HOME")
	if cache == "" || runtime.GOOS != "linux" {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf(
				"find a place for the sandbox's ledger: %w; set HOME or XDG_CACHE_HOME", err)
		}
	}
	return filepath.Join(cache, "acsync", "sandbox.db"), nil
}

// known is what the stand-ins' ledger holds from the beginning: a few conversations that an earlier pass is
// to have sent, so that the first one shows also what "already sent" looks like.
func known(stand *sandbox.Sandbox) (entries []store.Entry) {
	for _, earlier := range stand.Earlier() {
		entries = append(entries, store.Entry{
			Key: store.Key{Conversation: earlier.ID},
			Record: store.Record{
				State: store.Accepted, Resolution: earlier.Resolution,
				At:     earlier.Resolution.Add(10 * time.Minute),
				Status: 200, Attempts: 1,
			},
		})
	}
	return entries
}
