using Envoy.Config.Rbac.V3;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>An attribute of a call that rules compare: how one value of it becomes a permission or a principal of Envoy.</summary>
/// <param name="Key">The attribute's name in messages, for instance `source.ip`.</param>
/// <param name="IsHttpOnly">It exists in requests alone: connections that are not HTTP have no such thing.</param>
/// <param name="Permission">Null for an attribute of the caller. The function gives null for a value that has no meaning.</param>
/// <param name="Principal">Null for an attribute of what is called.</param>
internal sealed record AuthorizationAttribute(
    string Key, bool IsHttpOnly, Func<string, Permission?>? Permission, Func<string, Principal?>? Principal);
