namespace ModHost.Cli;

/// <summary>What the command's end tells a script.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It was understood and could not be done.</summary>
    public const int Failed = 1;

    /// <summary>It was not understood, or a value is wrong: doing it again changes nothing.</summary>
    public const int Usage = 2;

    /// <summary>Ended at once, by a second Ctrl-C.</summary>
    public const int Interrupted = 130;
}
