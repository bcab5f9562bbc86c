// Package config reads the configuration of acsync: defaults, then a TOML file, then the environment, then
// what the command line overrides. The result is checked as a whole.
//
// A configuration file is often edited in a hurry and run unattended, so the package is strict and reports
// everything at once: unknown keys, wrong types, values that cannot work, keys given twice, unknown ACSYNC_
// variables. Each fault names the file, line and column, or the environment variable, that it came from.
//
// # Order
//
// A later layer wins over an earlier one, key by key. Tables of texts (mapping.channels,
// mapping.custom_properties) are merged entry by entry, so that the default entry for "voice" stays until
// another value is given for it.
//
//  1. [Default]
//  2. the TOML file ([Source].Path); of a [Folder], first the file for all its tenants and then that of the tenant
//  3. the environment: KUSTOMER_API_KEY, AGENT_CONNECT_API_KEY, AGENT_CONNECT_API_SECRET, and
//     ACSYNC_<SECTION>_<KEY> for every other key. Lists are separated by commas, tables are written k=v,k=v.
//     An empty variable counts as not set. [[rule]] has no form in the environment.
//  4. [Source].Override
//
// # Secrets
//
// A key comes from the environment, from the place that one of its further keys names, or stands in the
// configuration file itself. The further keys end in _file; for the services also in _env (another variable),
// _command (a program that prints it, without a shell) and _credential (of systemd). A later layer wins over
// an earlier one, whatever its source. Two sources in the same layer (api_key and api_key_file both in the
// file, or both as variables) are a fault, since one of them is a leftover. A key in the configuration file
// itself is accepted only when nobody but the owner can read the file, or when base_url is a loopback
// address. No fault ever quotes a secret, the path of a secret file, a command or its output, or a URL.
//
// # Paths
//
// Relative paths are relative to the directory of the configuration file that they stand in, and those of
// variables to that of the configuration file, or of the folder; after [Load] they can be opened as they are.
// In a folder {tenant} is replaced in them, and in where a secret is kept, by the name of the tenant.
package config
