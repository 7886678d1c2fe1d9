namespace ModHost.Cli;

/// <summary>Why a command cannot go on: one sentence for a person, with what to type.</summary>
internal sealed class CommandException(string message, int code = ExitCode.Failed) : Exception(message)
{
    /// <summary>Of the process.</summary>
    public int Code { get; } = code;

    /// <summary>For a value that was typed.</summary>
    public static CommandException Wrong(string message) => new(message, ExitCode.Usage);
}
