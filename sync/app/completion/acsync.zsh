#compdef acsync
# Completion of acsync for zsh. For ~/.zshrc, behind compinit: source <(acsync completion zsh)
_acsync() {
    local -a found
    found=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -z "${found[1]}" ]]; then
        _files
        return
    fi
    # A colon divides a word from what is said of it, and so do the tabs of acsync.
    found=("${(@)found//:/\\:}")
    found=("${(@)found/$'\t'/:}")
    _describe 'acsync' found
}
if [[ "${funcstack[1]}" == "_acsync" ]]; then
    _acsync "$@"
else
    compdef _acsync acsync
fi
