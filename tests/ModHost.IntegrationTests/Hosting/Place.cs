namespace ModHost.IntegrationTests.Hosting;

/// <summary>How a place is matched.</summary>
internal enum Matching
{
    /// <summary>By its beginning.</summary>
    Prefix,

    /// <summary>The path and nothing else.</summary>
    Exact,

    /// <summary>By a regular expression.</summary>
    Regex,
}

/// <summary>A part of a site.</summary>
/// <param name="Path">As nginx has it: a prefix ends with a slash.</param>
/// <param name="Options">ModHost's options in canonical spelling, parted by semicolons: <c>pass APP; queue_size 2</c>.</param>
internal sealed record Place(string Path, string Options)
{
    public Matching Matching { get; init; }

    /// <summary>For Apache: a section with ModHostPass, even where ModHostAlias would do.</summary>
    public bool InSection { get; init; }

    /// <summary>More directives of nginx's there.</summary>
    public string Nginx { get; init; } = "";

    /// <summary>More directives of Apache's there.</summary>
    public string Apache { get; init; } = "";
}
