using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>The rules of one kind: what is filled in, what is kept from the old state, and what is refused.</summary>
internal interface IObjectStrategy
{
    /// <summary>Fills in absent fields; run before and after admission, so it must be idempotent.</summary>
    void Default(JsonObject obj);

    /// <summary>Runs once before a new object is validated and stored: clears what a client may not set, allocates.</summary>
    void PrepareForCreate(JsonObject obj);

    /// <summary>Runs before a changed object is validated and stored: keeps what a client may not change.</summary>
    void PrepareForUpdate(JsonObject next, JsonObject old);

    /// <summary>Reports every reason to refuse the object; <paramref name="old"/> is null for a new one.</summary>
    void Validate(JsonObject obj, JsonObject? old, CauseList causes);
}
