using Spectre.Console;

namespace ModHost.Cli.Terminal;

/// <summary>Standard output: with colours where a person looks at it, and without an escape code anywhere else.</summary>
internal sealed class Screen
{
    private const int WideEnough = 200;

    private readonly TextWriter _output;

    public Screen()
        : this(Console.Out, WantsColours())
    {
    }

    public Screen(TextWriter output, bool colours)
    {
        _output = output;
        Colours = colours;
        Ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = colours ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        if (!colours)
        {
            // Whoever reads it has no window whose width could matter.
            Ansi.Profile.Width = WideEnough;
        }
    }

    public bool Colours { get; }

    /// <summary>For tables and progress.</summary>
    public IAnsiConsole Ansi { get; }

    /// <summary>What this command itself has to say.</summary>
    public void Say(string text) => Write(Colours ? $"{Paint.Bold}{text}{Paint.Off}" : text);

    /// <summary>The same, where something is wrong.</summary>
    public void Warn(string text) => Write(Colours ? $"{Paint.Yellow}{text}{Paint.Off}" : text);

    /// <summary>As it is, at once.</summary>
    public void Write(string line)
    {
        _output.Write(line + "\n");
        _output.Flush();
    }

    private static bool WantsColours() => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";
}
