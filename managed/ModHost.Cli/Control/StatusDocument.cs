using System.Text.Json;

namespace ModHost.Cli.Control;

/// <summary>What supervisors answer, as JSON for a program.</summary>
internal static class StatusDocument
{
    private const string Groups = "groups";

    /// <param name="only">A group's name: others, and supervisors that have no such group, are left out. Null: all.</param>
    public static void Write(Stream output, IEnumerable<(Instance Instance, string Answer)> answers, string? only)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartArray();
        foreach (var (instance, answer) in answers)
        {
            using var status = JsonDocument.Parse(answer);
            if (only is null || GroupsOf(status.RootElement, only).Any())
            {
                writer.WriteStartObject();
                writer.WriteString("instance", instance.Folder);
                writer.WritePropertyName("status");
                Write(writer, status.RootElement, only);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement status, string? only)
    {
        if (only is null)
        {
            status.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var property in status.EnumerateObject().Where(property => property.Name != Groups))
        {
            property.WriteTo(writer);
        }

        writer.WriteStartArray(Groups);
        foreach (var group in GroupsOf(status, only))
        {
            group.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static IEnumerable<JsonElement> GroupsOf(JsonElement status, string name) =>
        status.GetProperty(Groups).EnumerateArray().Where(group => group.GetProperty("name").ValueEquals(name));
}
