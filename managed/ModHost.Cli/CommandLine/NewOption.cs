using System.CommandLine;
using System.CommandLine.Parsing;

namespace ModHost.Cli.CommandLine;

/// <summary>Makes options whose errors are sentences.</summary>
internal static class NewOption
{
    /// <param name="argument">What help calls the value: PORT.</param>
    /// <param name="parse">Throws <see cref="FormatException"/> with the rest of a sentence that begins with the option.
    /// </param>
    public static Option<T?> Value<T>(string name, string argument, string description, Func<string, T> parse)
        where T : class => new(name)
        {
            HelpName = argument,
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Parse(result, parse),
        };

    /// <summary>The same, of a value type.</summary>
    public static Option<T?> Number<T>(string name, string argument, string description, Func<string, T> parse)
        where T : struct => new(name)
        {
            HelpName = argument,
            Description = description,
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => result.Tokens.Count == 0 ? null : Parse(result, text => (T?)parse(text)),
        };

    /// <summary>May be given more than once.</summary>
    public static Option<T[]> Many<T>(string name, string argument, string description, Func<string, T> parse)
        => new(name)
        {
            HelpName = argument,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => ParseAll(result, parse),
            DefaultValueFactory = _ => [],
        };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>One of a few words.</summary>
    public static Option<string?> Choice(string name, string description, params string[] words)
    {
        var option = Value(name, string.Join('|', words), description, text => words.Contains(text) ? text
            : throw new FormatException($"'{text}' is none of {string.Join(", ", words)}"));
        option.CompletionSources.Add(words);
        return option;
    }

    private static T? Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return result.Tokens.Count > 0 ? parse(result.Tokens[^1].Value) : default;
        }
        catch (FormatException exception)
        {
            result.AddError($"{NameOf(result)}: {exception.Message}");
            return default;
        }
    }

    private static T[] ParseAll<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return [.. result.Tokens.Select(token => parse(token.Value))];
        }
        catch (FormatException exception)
        {
            result.AddError($"{NameOf(result)}: {exception.Message}");
            return [];
        }
    }

    private static string NameOf(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
