using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using ModHost.Cli.CommandLine;
using ModHost.Posix;

namespace ModHost.Cli;

/// <summary>From arguments to an exit code.</summary>
internal static class Entry
{
    public static int Run(string[] args)
    {
        var result = CommandTree.Build().Parse(args);
        if ((ValueOfFlag(result, args) ?? Problem(result)) is { } problem)
        {
            var command = CommandTree.PathOf(result.CommandResult);
            Console.Error.WriteLine($"{command}: {problem} (see {command} --help)");
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
    private static string? Problem(ParseResult result)
    {
        var failed = result.Errors.Count > 0 && result.Action is ParseErrorAction or null;
        var unknown = failed && result.UnmatchedTokens is [var first, ..] ? first : UnknownOption(result);
        return unknown is not null ? $"'{unknown}' is not understood"
            : failed ? result.Errors[0].Message.ReplaceLineEndings(" ").Trim().TrimEnd('.') : null;
    }

    // The parser takes a value that a flag cannot have for the next argument.
    private static string? ValueOfFlag(ParseResult result, string[] args) =>
        args.TakeWhile(word => word != "--").Select(word => word.Split('=', 2)).Where(parts => parts.Length == 2)
            .Select(parts => result.CommandResult.Command.Options.OfType<Option<bool>>().FirstOrDefault(option => option.Name == parts[0]))
            .FirstOrDefault(flag => flag is not null) is { } found ? $"{found.Name}: it has no value" : null;

    // The parser takes an option that it does not know for the name of an application or a group. After -- it is one.
    private static string? UnknownOption(ParseResult result) =>
        result.Action is HelpAction || result.Tokens.Any(token => token.Type == TokenType.DoubleDash) ? null
            : result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
                .Select(token => token.Value).FirstOrDefault(word => word.Length > 1 && word[0] == '-');
}
