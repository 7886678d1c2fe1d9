using SQLitePCL;

// An application with a native library in a NuGet package: SQLite, found through the application's own deps.json.

Batteries_V2.Init();

var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => raw.sqlite3_libversion().utf8_to_string());
app.MapGet("/sum", () =>
{
    Check(raw.sqlite3_open(":memory:", out var database));
    using (database)
    {
        Check(raw.sqlite3_prepare_v2(database, "SELECT 20 + 22", out var statement));
        using (statement)
        {
            raw.sqlite3_step(statement);
            return raw.sqlite3_column_text(statement, 0).utf8_to_string();
        }
    }
});
app.Run();

static void Check(int result)
{
    if (result != raw.SQLITE_OK)
    {
        throw new InvalidOperationException($"SQLite said {result}.");
    }
}
