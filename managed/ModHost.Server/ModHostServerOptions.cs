using System.Text;

namespace ModHost.Server;

/// <summary>What an application may choose of its server. Defaults are Kestrel's.</summary>
public sealed class ModHostServerOptions
{
    /// <summary>
    /// Whether bodies may be read and written synchronously; an exchange's own feature may say otherwise.
    /// </summary>
    public bool AllowSynchronousIO { get; set; }

    /// <summary>
    /// Whether the user whom the web server has authenticated becomes <c>HttpContext.User</c>. Off by default: only the
    /// application knows whether it wants to believe the web server.
    /// </summary>
    public bool UseWebServerUser { get; set; }

    /// <summary>
    /// The limit on a request body where the web server sets none: <see langword="null"/> leaves it at Kestrel's default,
    /// <see cref="long.MaxValue"/> is no limit.
    /// </summary>
    public long? MaxRequestBodySize { get; set; }

    /// <summary>
    /// The encoding of a request header by its name; <see langword="null"/> (or a null result): UTF-8, and a value that
    /// is not valid UTF-8 is refused with status 400.
    /// </summary>
    public Func<string, Encoding?>? RequestHeaderEncodingSelector { get; set; }

    /// <summary>
    /// The encoding of a response header by its name; <see langword="null"/> (or a null result): ASCII alone.
    /// </summary>
    public Func<string, Encoding?>? ResponseHeaderEncodingSelector { get; set; }
}
