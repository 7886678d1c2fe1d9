using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using ModHost.Protocol;

namespace ModHost.Server.Headers;

/// <summary>Trailers of a request: few, and rare, so they are decoded at once.</summary>
internal static class TrailerFields
{
    /// <summary>The headers of a checked block; what is not text is left out.</summary>
    /// <param name="head">The block.</param>
    /// <param name="encodings">The application's choice of encoding by header name, or null: UTF-8.</param>
    public static IHeaderDictionary Read(RequestHead head, Func<string, Encoding?>? encodings)
    {
        var trailers = new HeaderDictionary();
        for (var index = 0; index < head.HeaderCount; index++)
        {
            var field = head.Header(index);
            if (!HeaderText.IsValid(field, encodings))
            {
                continue;
            }

            var name = field.Known == HeaderNumber.Other
                ? Encoding.Latin1.GetString(field.GivenName)
                : FieldTable.Name(field.Known);
            var value = HeaderText.Decode(field.Value, encodings?.Invoke(name));
            trailers[name] = StringValues.Concat(trailers[name], value);
        }

        trailers.IsReadOnly = true;
        return trailers;
    }
}
