# Completion of acsync for fish: acsync completion fish > ~/.config/fish/completions/acsync.fish
function __acsync_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete --command acsync --arguments '(__acsync_complete)'
