namespace Lateen.Config.Decoding;

/// <summary>What a <see cref="ConfigNode"/> holds: JSON's six kinds of values.</summary>
public enum ConfigNodeKind
{
    Null,
    Boolean,
    Number,
    Text,
    List,
    Mapping,
}
