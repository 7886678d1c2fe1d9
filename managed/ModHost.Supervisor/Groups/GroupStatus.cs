using ModHost.Protocol;

namespace ModHost.Supervisor.Groups;

/// <summary>What requests to a group may expect, and why it is so.</summary>
/// <param name="Code">Number of the tag of the last failure, or 0.</param>
/// <param name="Text">Of that failure.</param>
internal readonly record struct GroupStatus(AppState State, uint Code, string Text);
