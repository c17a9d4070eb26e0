// Relative, as is the redirect to the page, so that both are right under any mount prefix. The validator's badge is off,
// since the page would ask another host for it.
window.onload = function () {
  window.ui = SwaggerUIBundle({
    "dom_id": "#swagger-ui",
    "url": "../openapi.json",
    "deepLinking": true,
    "displayOperationId": true,
    "validatorUrl": "none",
    "persistAuthorization": true,
    "layout": "StandaloneLayout",
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
  });
};
