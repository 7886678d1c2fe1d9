using System.CommandLine;
using System.CommandLine.Invocation;
using ModHost.Cli.CommandLine;
using ModHost.Posix;

namespace ModHost.Cli;

/// <summary>From arguments to an exit code.</summary>
internal static class Entry
{
    public static int Run(string[] args)
    {
        var result = CommandTree.Build().Parse(args);
        if (result.Errors.Count > 0 && result.Action is ParseErrorAction or null)
        {
            var command = CommandTree.PathOf(result.CommandResult);
            Console.Error.WriteLine($"{command}: {Sentence(result)} (see {command} --help)");
            return ExitCode.Usage;
        }

        try
        {
            return result.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (CommandException exception)
        {
            return Failed(exception.Message, exception.Code);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PosixException)
        {
            return Failed(exception.Message, ExitCode.Failed);
        }
    }

    private static int Failed(string message, int code)
    {
        Console.Error.WriteLine($"modhost: {message}");
        return code;
    }

    // One line, whatever the parser has to say; a word that nobody knows is the cause of what is missing.
    private static string Sentence(ParseResult result)
    {
        var unknown = result.UnmatchedTokens is [var first, ..] ? first : null;
        var message = unknown is null ? result.Errors[0].Message : $"'{unknown}' is not understood";
        return message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
    }
}
