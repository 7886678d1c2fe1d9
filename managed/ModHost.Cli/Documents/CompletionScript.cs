namespace ModHost.Cli.Documents;

/// <summary>Scripts that make a shell ask the command itself what could be typed next.</summary>
internal static class CompletionScript
{
    public static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static string Of(string shell) => shell switch
    {
        "bash" => """
            # Completion of modhost for bash: eval "$(modhost completion bash)"
            _modhost() {
                local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
                line=${line#* }
                COMPREPLY=($(compgen -W "$(modhost "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
            }
            complete -o default -F _modhost modhost

            """,
        "zsh" => """
            #compdef modhost
            # Completion of modhost for zsh: eval "$(modhost completion zsh)"
            _modhost() {
                local line="${BUFFER[1,CURSOR]#* }"
                local -a found
                found=("${(@f)$(modhost "[suggest:${#line}]" "$line" 2>/dev/null)}")
                compadd -a found
                _files
            }
            compdef _modhost modhost

            """,
        _ => """
            # Completion of modhost for fish: modhost completion fish | source
            function __modhost_suggest
                set -l line (string replace -r '^\S+\s' '' -- (commandline -cp))
                modhost "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c modhost -a '(__modhost_suggest)'

            """,
    };
}
