namespace ModHost.Protocol;

/// <summary>Why a head block was refused.</summary>
public enum HeadError
{
    /// <summary>It is well formed.</summary>
    None = 0,

    /// <summary>Shorter than its fixed part, or its size field disagrees with its length.</summary>
    Size,

    /// <summary>Another version.</summary>
    Version,

    /// <summary>A table or slice reaches outside the block, or into its fixed part.</summary>
    Offset,

    /// <summary>A number that stands for nothing: method, HTTP version, status, header, length.</summary>
    Number,

    /// <summary>A name is missing, given twice, or not a token; or a value holds a character that it may not.</summary>
    Text,
}
