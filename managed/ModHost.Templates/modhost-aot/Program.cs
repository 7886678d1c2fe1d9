using System.Text.Json.Serialization;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.ConfigureHttpJsonOptions(options =>
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default));
var app = builder.Build();

Todo[] todos = [new(1, "Walk the dog"), new(2, "Do the dishes", Done: true)];

app.MapGet("/todos", () => todos);
app.MapGet("/todos/{id:int}", (int id) =>
    todos.FirstOrDefault(todo => todo.Id == id) is { } found ? Results.Ok(found) : Results.NotFound());

app.Run();

internal sealed record Todo(int Id, string Title, bool Done = false);

[JsonSerializable(typeof(Todo[]))]
internal sealed partial class ApiJson : JsonSerializerContext;
