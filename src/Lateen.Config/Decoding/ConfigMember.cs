namespace Lateen.Config.Decoding;

/// <summary>One name and value of an object, in the order of the document.</summary>
/// <param name="Line">1-based line of the name; 0 where the source has no lines.</param>
public readonly record struct ConfigMember(string Name, ConfigNode Value, int Line);
