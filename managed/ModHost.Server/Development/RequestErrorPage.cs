using System.Net;
using System.Net.Mime;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using ModHost.Server.Exchanges;

namespace ModHost.Development;

/// <summary>
/// Under <c>modhost dev</c>: what a browser is shown of an exception that the application did not handle. ASP.NET Core's
/// page in Development asks for it, and still serves other clients, and exceptions that are compilers' errors.
/// </summary>
internal sealed class RequestErrorPage : IDeveloperPageExceptionFilter
{
    /// <summary>After all that the application has registered.</summary>
    public static void Configure(IServiceCollection services)
    {
        if (Environment.GetEnvironmentVariable(LocalHosts.Variable) is { Length: > 0 } hosts)
        {
            // They are asked in the order of their registration, and one that others have must not answer strangers.
            services.Insert(0, ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter>(new LocalOnly(hosts)));
            services.AddSingleton<IDeveloperPageExceptionFilter, RequestErrorPage>();
        }
    }

    /// <inheritdoc/>
    public Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next)
    {
        ArgumentNullException.ThrowIfNull(errorContext);
        ArgumentNullException.ThrowIfNull(next);
        var context = errorContext.HttpContext;
        if (errorContext.Exception is ICompilationException || !IsForPeople(context.Request))
        {
            return next(errorContext);
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(Html(context, errorContext.Exception), context.RequestAborted);
    }

    private static bool IsForPeople(HttpRequest request) => request.GetTypedHeaders().Accept
        .Any(type => type.MediaType.Equals(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase));

    private static string Html(HttpContext context, Exception exception)
    {
        var html = new StringBuilder(ExceptionText.Of(exception).Html());
        var (request, connection) = (context.Request, context.Connection);
        Table(html, "Request",
        [
            ("", $"{request.Method} {request.GetEncodedPathAndQuery()} {request.Protocol}"),
            ("Scheme", request.Scheme),
            ("Client", $"{connection.RemoteIpAddress}, port {connection.RemotePort}"),
            ("Server", $"{connection.LocalIpAddress}, port {connection.LocalPort}"),
            ("Trace identifier", context.TraceIdentifier),
        ]);
        Table(html, "Headers", request.Headers.Select(header => (header.Key, header.Value.ToString())));
        Table(html, "Server variables", (context.Features.Get<IServerVariablesFeature>() as Exchange)?.AllVariables()
            .Select(variable => (variable.Key, variable.Value ?? "")) ?? []);
        return ErrorDocument.Html("The application failed at a request", "", html.ToString());
    }

    private static void Table(StringBuilder html, string title, IEnumerable<(string Name, string Value)> rows)
    {
        html.Append("<h2>").Append(title).Append("</h2>\n<table>\n");
        foreach (var (name, value) in rows)
        {
            html.Append("<tr><th>").Append(ErrorDocument.Encode(name))
                .Append("</th><td>").Append(ErrorDocument.Encode(value)).Append("</td></tr>\n");
        }

        html.Append("</table>\n");
    }

    /// <summary>Clients of other machines, and pages of other hosts, get the status alone.</summary>
    internal sealed class LocalOnly(string hosts) : IDeveloperPageExceptionFilter
    {
        private readonly Regex _hosts = new(LocalHosts.Pattern(hosts.Split(' ')), RegexOptions.IgnoreCase);

        public Task HandleExceptionAsync(ErrorContext errorContext, Func<ErrorContext, Task> next) =>
            errorContext.HttpContext.Features.Get<IServerVariablesFeature>() is Exchange exchange && IsHere(exchange)
                ? next(errorContext)
                : Task.CompletedTask;

        // The web server's word: middleware takes addresses and hosts from headers that any client can send.
        private bool IsHere(Exchange exchange) => exchange.GivenRemoteAddress is { } address && IPAddress.IsLoopback(address)
            && _hosts.IsMatch(new HostString(exchange.GivenHost).Host);
    }
}
