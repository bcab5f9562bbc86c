package schedule

import (
	"strings"
	"testing"
)

// inDatabase is a job whose ledger is in a database.
func inDatabase() Job {
	j := job()
	j.Ledger, j.Logs, j.Writes, j.MayWrite, j.Settings, j.Metrics = "", "/home/acsync/.local/state/acsync", nil, nil, nil, ""
	j.Keys = append(j.Keys, Key{
		Name: "ledger_url", Variable: "ACSYNC_LEDGER_URL_FILE", File: "/etc/acsync/ledger.url", Configured: true,
	})
	return j
}

// lacks fails for each part that a text has, and should not.
func lacks(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("there is %q in:\n%s", part, text)
		}
	}
}

// TestInDatabase holds that a ledger in a database needs no place on the machine, and that its address is handed over
// as the keys are.
func TestInDatabase(t *testing.T) {
	j := inDatabase()
	j.Program = "/bin/true" // systemd wants one that is there
	list := files(t, "systemd", j)
	service := list[0].Text
	wants(t, service, "\nUser=acsync\n", "\nLoadCredential=ledger_url:/etc/acsync/ledger.url\n",
		"\nEnvironment=ACSYNC_LEDGER_URL_FILE=%d/ledger_url\n", "\nWants=network-online.target\n", "\nAfter=network-online.target\n",
		"\nSuccessExitStatus=3 11 143\n", "\nProtectHome=yes\n", "several machines may have these units")
	for _, f := range list {
		lacks(t, f.Text, "ReadWritePaths", "RequiresMountsFor", "ACSYNC_LEDGER_PATH", "ACSYNC_LEDGER_MACHINE", "StateDirectory", "/var/lib/acsync")
	}
	verifyUnits(t, list)

	j.NoUser, j.Group = true, "acsync"
	j.Keys[0].Credential = "kustomer"
	list = files(t, "systemd", j)
	wants(t, list[0].Text, "\nDynamicUser=yes\nSupplementaryGroups=acsync\n", "\nLoadCredential=kustomer:/etc/acsync/keys/kustomer_api_key\n")
	lacks(t, list[0].Text, "\nUser=", "ACSYNC_KUSTOMER_API_KEY_FILE")

	found := objects(t, files(t, "kubernetes", inDatabase()))
	if len(found) != 2 {
		t.Errorf("got %d objects", len(found))
	}
	var passes cronJobSpec
	strictly(t, found["batch/v1 CronJob/acsync"].Spec, &passes)
	pod := passes.JobTemplate.Spec.Template.Spec
	checkPod(t, pod, inDatabase())
	if len(pod.Volumes) != 1 || pod.Volumes[0].Name != "configuration" {
		t.Errorf("got %+v", pod.Volumes)
	}
	address := false
	for _, v := range pod.Containers[0].Env {
		if v.Name != "ACSYNC_LEDGER_URL_FILE" {
			lacks(t, v.Name, "ACSYNC_LEDGER")
		}
		address = address || v == Variable{Name: "ACSYNC_LEDGER_URL_FILE", Value: "/etc/acsync/ledger_url"}
	}
	if !address {
		t.Errorf("the address of the database is missing: %+v", pod.Containers[0].Env)
	}

	line := files(t, "cron", inDatabase())[0].Text
	wants(t, line, "mkdir -p /home/acsync/.local/state/acsync\n", ">> /home/acsync/.local/state/acsync/acsync.jsonl", "several machines may have this line")
	j = inDatabase()
	j.Reports = []string{"/tmp/week.html"}
	if _, err := Files("kubernetes", j); err == nil || !strings.Contains(err.Error(), "lost with its pod") {
		t.Errorf("got %v", err)
	}
}
