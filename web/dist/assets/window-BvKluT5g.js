import{aN as t,aO as e}from"./words-BGLA6_FM.js";function w(i,o){t(window,["resize"],()=>e(()=>o(window[i])))}export{w as b};
