using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;

// Log in, get a form, post it: a cookie and an antiforgery token that any worker must accept. Data Protection is left
// as it comes.

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
builder.Services.AddAuthorization();
builder.Services.AddAntiforgery();
var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();

app.MapGet("/", (HttpContext context) => context.Response.WriteAsync($"process {Environment.ProcessId}"));

app.MapGet("/login", async (HttpContext context) =>
{
    var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, context.Request.Query["name"].ToString())], "form");
    await context.SignInAsync(new ClaimsPrincipal(identity));
    await context.Response.WriteAsync($"{Environment.ProcessId}");
});

app.MapGet("/form", async (HttpContext context) =>
{
    var tokens = context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);
    await context.Response.WriteAsync(tokens.RequestToken!);
}).RequireAuthorization();

app.MapPost("/form", async (HttpContext context) =>
{
    await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context);
    await context.Response.WriteAsync($"{context.User.Identity!.Name} {Environment.ProcessId}");
}).RequireAuthorization();

app.Run();
