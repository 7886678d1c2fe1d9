using System.Globalization;

namespace Probe.Endpoints;

/// <summary>SendFileAsync on files that the test has put somewhere (?path=).</summary>
internal static class FileEndpoints
{
    public static void MapFiles(this IEndpointRouteBuilder app)
    {
        app.Map("/file", Send);
        app.Map("/file/twice", async context =>
        {
            await context.Response.WriteAsync("head ");
            await context.Response.SendFileAsync(context.Query("path"));
            await context.Response.WriteAsync(" middle ");
            await context.Response.SendFileAsync(context.Query("path"));
            await context.Response.WriteAsync(" tail");
        });
        app.Map("/file/deleted", async context =>
        {
            // Gone from its folder before the response is sent: an open descriptor must do.
            var copy = context.Query("path") + "." + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
            File.Copy(context.Query("path"), copy);
            await context.Response.SendFileAsync(copy);
            File.Delete(copy);
        });
        app.Map("/file/error", context => context.AnswerOutcome(async () =>
        {
            try
            {
                await context.Response.SendFileAsync(context.Query("path"), context.BigNumber("offset"), context.BigNumber("count"));
            }
            catch (IOException error)
            {
                throw new IOException(error.GetType().Name);
            }
        }));
    }

    /// <summary>?path= with ?offset= and ?count=; ?length= is declared, 0 for none.</summary>
    private static Task Send(HttpContext context)
    {
        var length = context.BigNumber("length");
        if (length > 0)
        {
            context.Response.ContentLength = length;
        }

        long? count = context.Request.Query.ContainsKey("count") ? context.BigNumber("count") : null;
        return context.Response.SendFileAsync(context.Query("path"), context.BigNumber("offset"), count);
    }
}
